import { base } from './base.ts';
import { iso } from './iso.ts';
import { rootfs } from './rootfs.ts';
import { template } from './template.ts';
import { toolbox } from './toolbox.ts';
import { xen } from './xen.ts';

/** Every kind of recipe. A new kind is one file and one line here. */
export const KINDS = [base, toolbox, rootfs, template, xen, iso] as const;
