import { z } from 'zod';
import { overlayFile, recipeName, systemSettings } from '../fields.ts';

/** What every recipe may say. */
export const commonFields = {
  name: recipeName,
  extends: recipeName
    .optional()
    .describe('Recipe to start from: lists are appended, maps merged, scalars replaced'),
  description: z.string().default(''),
};

/** What every recipe with a root file system may say besides. */
export const rootfsFields = {
  ...commonFields,
  toolbox: recipeName.default('toolbox').describe('Recipe whose image supplies the tools'),
  files: z.array(overlayFile).default([]).describe('Files of ours, laid over the packages'),
  system: systemSettings.prefault({}),
};
