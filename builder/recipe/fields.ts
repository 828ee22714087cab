import { z } from 'zod';
import { parseBytes } from '../../core/bytes.ts';

/** The name of a recipe: the stem of its file. */
export const recipeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]*$/, 'a recipe name has small letters, digits, dots and hyphens');

/** A path in the image: absolute, without `.`, `..` or empty parts. */
export const imagePath = z
  .string()
  .regex(/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, 'a path in the image starts with / and has no . or .. parts');

/** A path below the recipe's own directory. */
export const sourcePath = z
  .string()
  .regex(
    /^(?!\.{1,2}(\/|$))[^/\0]+(\/(?!\.{1,2}(\/|$))[^/\0]+)*$/,
    'a source is a path below the recipe directory: not absolute, no . or .. parts',
  );

export const fileMode = z.string().regex(/^[0-7]{4}$/, "a mode is four octal digits in quotes, like '0644'");

/** A primary key's fingerprint (RFC 9580 §5.5.4): 40 hexadecimal digits for version 4, 64 for version 6. */
export const fingerprint = z
  .string()
  .regex(/^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/, 'a fingerprint is all 40 (or 64) hexadecimal digits')
  .transform((text) => text.toUpperCase());

export const httpUrl = z
  .string()
  .regex(
    /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/,
    'an address starts with https:// or http:// and has no query',
  )
  .transform((text) => text.replace(/\/+$/, ''));

/** A size like `10GiB`, as bytes. */
export const byteSize = z.string().transform((text, context) => {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: 'a size is a number with B, KiB, MiB, GiB or TiB' });
  return z.NEVER;
});

export const unitName = z
  .string()
  .regex(/^[A-Za-z0-9:_.@\\-]+\.(service|socket|target|timer|mount|path|slice|swap|automount)$/, {
    error: 'a unit is named with its ending, like ssh.service',
  });

const accountName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'an account name has small letters and digits');

export const overlayFile = z.strictObject({
  source: sourcePath.describe('File below the directory of the recipe, for example files/fstab'),
  target: imagePath.describe('Where it goes in the image'),
  mode: fileMode.default('0644'),
  owner: accountName.default('root'),
  group: accountName.default('root'),
});

export const userAccount = z.strictObject({
  name: accountName,
  uid: z.int().min(1).max(60_000),
  groups: z.array(accountName).default([]).describe('Further groups; those that do not exist are made'),
  shell: imagePath.default('/bin/bash'),
  home: imagePath.optional().describe('Default: /home/NAME'),
  comment: z
    .string()
    .regex(/^[^:\n]*$/, 'a comment has no colon')
    .default(''),
});

export const systemSettings = z.strictObject({
  hostname: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,62})$/, 'a host name has small letters, digits and hyphens')
    .default('localhost'),
  locale: z
    .string()
    .regex(
      /^(C|POSIX|C\.UTF-8|[a-z]{2,3}_[A-Z]{2}\.[A-Za-z0-9-]+(@[a-z]+)?)$/,
      'a locale like C.UTF-8 or en_US.UTF-8',
    )
    .default('C.UTF-8'),
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+/-]+$/, 'a time zone like UTC or Europe/Berlin')
    .default('UTC'),
  target: unitName.optional().describe('systemd default target'),
  enable: z.array(unitName).default([]).describe('systemd units to enable'),
  disable: z.array(unitName).default([]).describe('systemd units to disable'),
  mask: z.array(unitName).default([]).describe('systemd units that never start'),
  users: z.array(userAccount).default([]),
});

export const imageSettings = z.strictObject({
  filesystem: z.enum(['ext4']).default('ext4'),
  size: byteSize.prefault('10GiB').describe('Size of the file system; unused blocks take no space'),
  label: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,16}$/, 'a label has at most 16 letters and digits')
    .default('root'),
  kernel: z.boolean().default(true).describe('Take kernel and initrd out of the tree, beside the image'),
});
