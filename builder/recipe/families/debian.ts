import { z } from 'zod';
import { fingerprint, httpUrl } from '../fields.ts';

/** Debian Policy §5.6.1, with an architecture qualifier allowed behind a colon. */
const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?$/, 'a package name has small letters, digits, + - and dots');

const component = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a component like main or non-free-firmware');

const repository = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'a repository name has small letters, digits and hyphens')
    .describe('Used by --mirror NAME=URL and QUBEFORGE_MIRROR_NAME'),
  suites: z.array(z.string().regex(/^[a-z0-9][a-z0-9./-]*$/, 'a suite like trixie-updates')).min(1),
  components: z.array(component).min(1),
  mirrors: z.array(httpUrl).min(1).describe('Public defaults. A mirror is never trusted.'),
  snapshot: httpUrl.optional().describe('Archive that keeps old files'),
  keys: z.array(fingerprint).min(1).describe('Primary keys of which one must have signed the index'),
});

export const debianPackages = z.strictObject({
  variant: z
    .enum(['custom', 'minbase'])
    .default('custom')
    .describe('minbase: Essential and Priority required packages and apt; custom: only what install lists'),
  recommends: z.boolean().default(false),
  install: z.array(packageName).default([]),
});

const debianOption = z.strictObject({
  enabled: z.boolean().default(false),
  description: z.string().optional(),
  components: z.array(component).default([]).describe('Added to every repository when enabled'),
  packages: z.array(packageName).default([]).describe('Installed when enabled'),
});

/** What a recipe of the Debian family says about its packages. */
export const debianFields = {
  family: z.literal('debian'),
  architecture: z.enum(['amd64']).default('amd64'),
  repositories: z.array(repository).default([]),
  packages: debianPackages.prefault({}),
  options: z.record(z.string(), debianOption).default({}).describe('Switches of this recipe'),
};

export type DebianRepository = z.infer<typeof repository>;
