import { z } from 'zod';
import { perFamily } from '../families/registry.ts';
import { imageSettings, overlayFile, recipeName } from '../fields.ts';
import { rootfsFields } from './common.ts';

/** An installer medium: dom0 as its live root, the hypervisor and templates. Extends the recipe of dom0. */
export const iso = perFamily({
  kind: z.literal('iso'),
  ...rootfsFields,
  'image-toolbox': recipeName.default('toolbox-image').describe('Recipe whose image has GRUB and xorriso'),
  xen: recipeName.default('xen').describe('Recipe of the hypervisor'),
  templates: z.array(recipeName).default([]).describe('Recipes of the TemplateVM images on the medium'),
  label: z
    .string()
    .regex(/^[A-Z0-9_]{1,32}$/, 'a volume label has capitals, digits and underscores')
    .default('QUBEFORGE'),
  image: imageSettings.prefault({}).describe("dom0's file system"),
  live: z.array(overlayFile).default([]).describe('Files of the live system that the installed one lacks'),
  outputs: z.array(z.enum(['iso', 'rootfs-tar'])).default(['iso']),
});
