import { z } from 'zod';
import { overlayFile, recipeName, systemSettings } from '../fields.ts';
import { ownPackageName } from '../own-package/definition.ts';

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
  'own-packages': z
    .array(ownPackageName)
    .default([])
    .describe('Packages of this project that are built and installed: names of runtime/*/package.yaml'),
  'compiler-toolbox': recipeName
    .default('toolbox-compiler')
    .describe('Recipe whose image compiles the programs of own-packages'),
  system: systemSettings.prefault({}),
};
