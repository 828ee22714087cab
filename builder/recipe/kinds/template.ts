import { z } from 'zod';
import { perFamily } from '../families/registry.ts';
import { imageSettings } from '../fields.ts';
import { rootfsFields } from './common.ts';

/** A TemplateVM image: the root of every AppVM that is based on it. */
export const template = perFamily({
  kind: z.literal('template'),
  ...rootfsFields,
  image: imageSettings.prefault({}),
  outputs: z.array(z.enum(['template-image', 'rootfs-tar'])).default(['template-image']),
});
