/** What the locks of all families are made of. */
import { z } from 'zod';
import { parseSha256, type Sha256 } from '../../core/digest.ts';
import { parseFingerprint, type Fingerprint } from '../verify/fingerprint.ts';

export const digest = z.string().transform((text, context): Sha256 => {
  const parsed = parseSha256(text);
  if (parsed === undefined || parsed !== text) context.addIssue('not a SHA-256 in small letters');
  return text as Sha256;
});
export const fingerprint = z.string().transform((text, context): Fingerprint => {
  if (parseFingerprint(text) !== text) context.addIssue('not a full fingerprint in capitals');
  return text as Fingerprint;
});
/** No absolute path, no `..`, no empty part: it is appended to the address of a mirror. */
export const path = z
  .string()
  .regex(/^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\0\n\\]+$/, 'not a relative path without . and .. parts');
export const size = z.int().nonnegative();
export const word = z.string().regex(/^\S+$/, 'empty or with blanks');
export const date = z.iso.datetime();
