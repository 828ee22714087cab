import { z } from 'zod';
import { parseRelations } from '../../formats/debian-relation.ts';
import { parseRpmRelation } from '../../formats/rpm/relation.ts';
import { AppError } from '../../../core/errors.ts';
import { imagePath, sourcePath } from '../fields.ts';

/** No distribution has a package of such a name. */
export const ownPackageName = z
  .string()
  .regex(/^qubeforge-[a-z0-9][a-z0-9.-]*$/, 'a package of ours is named qubeforge-…, in small letters');

/** A relationship of Debian Policy §7.1, in the one form that we write. */
const relation = z.string().superRefine((text, context) => {
  try {
    if (!text.includes(',') && parseRelations(text, 'depends').length === 1) return;
    context.addIssue('one relationship, like systemd (>= 252)');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.addIssue('not a relationship like systemd (>= 252)');
  }
});

const requirement = z
  .string()
  .refine((text) => parseRpmRelation(text) !== undefined, 'one requirement, like systemd >= 252');

const license = z
  .string()
  .regex(/^[A-Za-z0-9.+() -]{1,100}$/, 'an SPDX expression like GPL-3.0-or-later AND MIT');

/** What each family of distributions needs to know besides; a package is made for those it has a part for. */
const families = {
  debian: z
    .strictObject({
      section: z.string().regex(/^[a-z][a-z-]*$/, 'a section like admin'),
      depends: z.array(relation).default([]).describe('Relationships, one each: systemd (>= 252)'),
    })
    .optional()
    .describe('What the .deb says'),
  fedora: z
    .strictObject({
      license,
      requires: z.array(requirement).default([]).describe('Requirements, one each: systemd >= 252'),
      directories: z
        .array(imagePath)
        .default([])
        .describe('Directories that no other package brings: rpm, unlike dpkg, has to be told'),
    })
    .optional()
    .describe('What the .rpm says'),
};

const fileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a file name has letters, digits, dots, _ and -');

const file = z.strictObject({
  source: sourcePath.optional().describe('File below the directory of the package'),
  output: fileName.optional().describe('One of the outputs of build'),
  bundle: fileName.optional().describe('The program that bundle names'),
  target: imagePath.describe('Where it goes'),
  mode: z.enum(['0644', '0755']),
});

const build = z.strictObject({
  directory: z
    .string()
    .regex(/^(\.\.\/)?[a-z0-9][a-z0-9-]*$/, 'a directory beside that of the package, or in it')
    .describe('Holds a Makefile and the C sources: *.c and *.h, nothing else is used'),
  outputs: z.array(fileName).min(1).describe('Targets of make that are files'),
  depends: z.array(relation).default([]).describe('What the compiler toolbox has to have'),
});

/** The description of a package of ours: `package.yaml`. */
export const ownPackageSchema = z.strictObject({
  name: ownPackageName,
  architecture: z.enum(['amd64', 'all']),
  description: z.string().regex(/^[^\s\p{Cc}][^\p{Cc}]{0,79}$/u, 'one line of at most 80 characters'),
  ...families,
  build: build.optional(),
  bundle: fileName.optional().describe('An entry of scripts/bundle.mjs'),
  files: z.array(file).min(1),
  links: z
    .array(
      z.strictObject({
        path: imagePath,
        to: z
          .string()
          .regex(/^[!-~]{1,100}$/, 'the target of a symbolic link, at most 100 characters of ASCII'),
      }),
    )
    .default([])
    .describe('Symbolic links; units are switched on by them'),
});

/** A checked `package.yaml` with its defaults. */
export type OwnPackageDefinition = z.infer<typeof ownPackageSchema>;
/** A family of distributions that packages can be made for. */
export type OwnPackageFamily = keyof typeof families;
export type OwnPackageFile = OwnPackageDefinition['files'][number];
