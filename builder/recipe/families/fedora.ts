import { z } from 'zod';
import { fingerprint, httpUrl } from '../fields.ts';

/** What rpm allows in a name. */
const packageName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'a package name has letters, digits, dots, _, + and -');

const repository = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'a repository name has small letters, digits and hyphens')
    .describe('Used by --mirror NAME=URL and QUBEFORGE_MIRROR_NAME'),
  metalink: z
    .string()
    .regex(/^https:\/\/[^\s/?#@]+\/[^\s#]*$/, 'a metalink comes by https://')
    .optional()
    .describe('Gives mirrors and the digests of the newest repomd.xml'),
  mirrors: z
    .array(httpUrl)
    .default([])
    .describe('Public defaults: directories that hold repodata. A mirror is never trusted.'),
  keys: z.array(fingerprint).min(1).describe('Primary keys of which one must have signed each package'),
});

const fedoraPackages = z.strictObject({
  weak: z.boolean().default(false).describe('Install what packages recommend, too'),
  install: z.array(packageName).default([]),
});

const fedoraOption = z.strictObject({
  enabled: z.boolean().default(false),
  description: z.string().optional(),
  packages: z.array(packageName).default([]).describe('Installed when enabled'),
});

/** What a recipe of the Fedora family says about its packages. */
export const fedoraFields = {
  family: z.literal('fedora'),
  architecture: z.enum(['x86_64']).default('x86_64'),
  release: z
    .string()
    .regex(/^[0-9]+$/, 'a release is a number')
    .describe('Number of the distribution release'),
  repositories: z.array(repository).default([]),
  packages: fedoraPackages.prefault({}),
  options: z.record(z.string(), fedoraOption).default({}).describe('Switches of this recipe'),
};

export type FedoraRepository = z.infer<typeof repository>;
