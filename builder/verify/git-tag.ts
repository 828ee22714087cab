import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import { verifyDetached, type Verified, type VerifyOptions } from './openpgp.ts';

/** What a signed tag vouches for. */
export interface GitTag extends Verified {
  /** Object id of the commit, 40 (SHA-1) or 64 (SHA-256) hexadecimal digits. */
  readonly commit: string;
  readonly name: string;
  /** Object id of the tag itself, in the same hash as that of the commit. */
  readonly id: string;
}

const BEGIN = '-----BEGIN PGP SIGNATURE-----\n';

/**
 * Verifies an annotated tag as `git cat-file tag NAME` prints it (git: signature-format, gitformat-signature(5)):
 * signed by a pinned key, of the name that was asked for, pointing at a commit. The name is inside the signed text,
 * so a mirror cannot show an old tag under a new name. Throws an `AppError` of kind `verification`.
 */
export async function verifyGitTag(
  raw: Uint8Array,
  wanted: { readonly name: string },
  options: VerifyOptions,
): Promise<GitTag> {
  const bytes = Buffer.from(raw);
  const start = bytes.lastIndexOf(`\n${BEGIN}`);
  if (start < 0) throw refuse(options.where, 'the tag is not signed', 'a PGP signature at its end', 'none');
  const payload = bytes.subarray(0, start + 1);
  const verified = await verifyDetached(payload, bytes.subarray(start + 1), options);
  const { object, type, tag } = headersOf(payload.toString('utf8'), options.where);
  if (tag !== wanted.name) throw refuse(options.where, 'the signed tag has another name', wanted.name, tag);
  if (type !== 'commit') throw refuse(options.where, 'the tag does not point at a commit', 'commit', type);
  const hash = object.length === 64 ? 'sha256' : 'sha1';
  const id = createHash(hash).update(`tag ${bytes.length}\0`).update(bytes).digest('hex');
  return { ...verified, commit: object, name: tag, id };
}

function headersOf(text: string, where: string): { object: string; type: string; tag: string } {
  const found = /^object ([0-9a-f]{40}|[0-9a-f]{64})\ntype ([a-z]+)\ntag ([^\n]+)\ntagger [^\n]*\n\n/.exec(
    text,
  );
  const [, object, type, tag] = found ?? [];
  if (object !== undefined && type !== undefined && tag !== undefined) return { object, type, tag };
  throw refuse(where, 'this is no tag object', 'object, type, tag and tagger', text.slice(0, 80));
}

function refuse(where: string, what: string, expected: string, got: string): AppError {
  return new AppError({ kind: 'verification', code: 'git.tag', what, where, expected, got });
}
