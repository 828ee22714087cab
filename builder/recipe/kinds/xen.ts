import { z } from 'zod';
import { perFamily } from '../families/registry.ts';
import { recipeName } from '../fields.ts';
import { commonFields } from './common.ts';

/** The hypervisor, compiled from the distribution's source and compared with its binary package. */
export const xen = perFamily({
  kind: z.literal('xen'),
  ...commonFields,
  toolbox: recipeName.default('toolbox-compiler').describe('Recipe whose image has the compiler'),
  source: z
    .string()
    .regex(/^[a-z0-9][a-z0-9+.-]+$/)
    .default('xen')
    .describe('Name of the source package'),
  'missing-source': z
    .enum(['use-distribution-binary', 'fail'])
    .default('use-distribution-binary')
    .describe('When no mirror has the source of any version'),
  'on-difference': z
    .enum(['fail', 'accept'])
    .default('fail')
    .describe("When the compiled hypervisor is not the binary package's, byte for byte"),
  outputs: z.array(z.enum(['xen'])).default(['xen']),
});
