import { z } from 'zod';
import { perFamily } from '../families/registry.ts';
import { rootfsFields } from './common.ts';

/** A plain root file system, for containers and comparisons. */
export const rootfs = perFamily({
  kind: z.literal('rootfs'),
  ...rootfsFields,
  outputs: z.array(z.enum(['rootfs-tar'])).default(['rootfs-tar']),
});
