import { z } from 'zod';
import { perFamily } from '../families/registry.ts';
import { fingerprint, httpUrl, recipeName } from '../fields.ts';
import { commonFields } from './common.ts';

const keys = z.array(fingerprint).min(1).describe('Primary keys of which one must have signed');

const tarballUrl = httpUrl.refine((url) => /\/[^/]+\.(tar|tar\.(gz|xz|zst)|tgz)$/.test(url), {
  error: 'the address of a tarball ends in .tar, .tar.gz, .tgz, .tar.xz or .tar.zst',
});

const source = z.union([
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9+.-]+$/, 'the name of a source package has small letters, digits, + - and dots')
    .describe('A source package of the distribution'),
  z
    .strictObject({
      tarball: tarballUrl.describe('Its top directory has the name of the file'),
      signature: httpUrl.describe('Detached signature of the tarball'),
      keys,
    })
    .describe('A release of upstream'),
  z
    .strictObject({
      git: httpUrl.describe('A repository that is served by HTTP'),
      tag: z
        .string()
        .regex(
          /^(?!.*(\.\.|\/\/|@\{))[A-Za-z0-9][A-Za-z0-9._/+@-]*$/,
          'the name of a tag, without refs/tags/',
        )
        .describe('An annotated, signed tag'),
      keys,
    })
    .describe('A signed tag of upstream'),
]);

/**
 * The hypervisor: compiled from the distribution's source and compared with its binary package, or from what
 * upstream signed.
 */
export const xen = perFamily({
  kind: z.literal('xen'),
  ...commonFields,
  toolbox: recipeName.default('toolbox-compiler').describe('Recipe whose image has the compiler'),
  source: source.default('xen').describe('Where the source comes from'),
  'missing-source': z
    .enum(['use-distribution-binary', 'fail'])
    .default('use-distribution-binary')
    .describe('When no mirror has the source of any version; of a source package only'),
  'on-difference': z
    .enum(['fail', 'accept'])
    .default('fail')
    .describe("When the compiled hypervisor is not the binary package's, byte for byte"),
  outputs: z.array(z.enum(['xen'])).default(['xen']),
});
