import { AppError } from '../../core/errors.ts';
import { hashOfId, objectId, parseCommit } from '../formats/git/objects.ts';
import { verifyGitTag, type GitTag } from './git-tag.ts';
import type { VerifyOptions } from './openpgp.ts';

/** What a signed tag vouches for, down to the tree of files. */
export interface GitSource extends GitTag {
  readonly tree: string;
  /** When the commit was made, in seconds since 1970. */
  readonly committed: number;
}

/**
 * Follows a signed tag to its tree: the tag by its signature, the commit by the id that the tag names. `tag` and
 * `commitOf` give the contents of the objects. Throws what {@link verifyGitTag} throws, and `git.commit-id` (kind
 * `verification`) for another commit.
 */
export async function verifyGitSource(
  tag: Uint8Array,
  commitOf: (id: string) => Buffer | Promise<Buffer>,
  wanted: { readonly name: string },
  options: VerifyOptions,
): Promise<GitSource> {
  const verified = await verifyGitTag(tag, wanted, options);
  const commit = await commitOf(verified.commit);
  const id = objectId('commit', commit, hashOfId(verified.commit));
  if (id !== verified.commit) {
    throw new AppError({
      kind: 'verification',
      code: 'git.commit-id',
      what: 'the commit is not the one that the signed tag names',
      where: options.where,
      expected: verified.commit,
      got: id,
    });
  }
  return { ...verified, ...parseCommit(commit, options.where) };
}
