import { z } from 'zod';
import { perFamily } from '../families/registry.ts';
import { rootfsFields } from './common.ts';

/** Repositories and settings for other recipes to extend. Not built. */
export const base = perFamily({ kind: z.literal('base'), ...rootfsFields });
