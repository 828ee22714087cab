import { base } from './base.ts';
import { rootfs } from './rootfs.ts';
import { template } from './template.ts';
import { toolbox } from './toolbox.ts';

/** Every kind of recipe. A new kind is one file and one line here. */
export const KINDS = [base, toolbox, rootfs, template] as const;
