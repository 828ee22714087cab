import { z } from 'zod';
import { perFamily } from '../families/registry.ts';
import { commonFields } from './common.ts';

/** The image whose programs run in the sandbox. It is built without another toolbox. */
export const toolbox = perFamily({ kind: z.literal('toolbox'), ...commonFields });
