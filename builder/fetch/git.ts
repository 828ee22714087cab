import { KIB, MIB } from '../../core/bytes.ts';
import { AppError } from '../../core/errors.ts';
import { downloadBytes } from '../../edge/http.ts';
import type { Asked } from '../../edge/http-remote.ts';
import type { GitHash } from '../formats/git/objects.ts';
import { Pack } from '../formats/git/pack.ts';
import {
  askForPack,
  askForTag,
  parseAdvertisement,
  parsePackAnswer,
  parseTagId,
} from '../formats/git/protocol.ts';
import type { FetchState } from './fetcher.ts';

/** A tag of a repository with its commit and the files of that, none of which is verified. */
export interface FetchedTag {
  readonly id: string;
  readonly hash: GitHash;
  readonly objects: Pack;
}

/** Far above what a release of a hypervisor takes: Xen has 10 MB. */
const MAX_PACK = 1024 * MIB;
const MAX_ANSWER = 256 * KIB;

/**
 * Fetches one tag without its history from a repository that is served by HTTP (gitprotocol-http(5)). Throws what
 * downloads throw, `git.no-tag` and `git.protocol` (kind `network`), `git.pack` (kind `verification`).
 */
export async function fetchTag(
  state: Pick<FetchState, 'signal' | 'retry'>,
  url: string,
  tag: string,
): Promise<FetchedTag> {
  const get = (path: string, maxBytes: number, asked: Asked = {}): Promise<Buffer> =>
    downloadBytes(`${url}/${path}`, {
      maxBytes,
      asked: { ...asked, headers: { ...asked.headers, 'git-protocol': 'version=2' } },
      ...(state.signal === undefined ? {} : { signal: state.signal }),
      ...(state.retry === undefined ? {} : { retry: state.retry }),
    });
  const post = (body: Buffer, maxBytes: number): Promise<Buffer> =>
    get('git-upload-pack', maxBytes, {
      body,
      headers: {
        'content-type': 'application/x-git-upload-pack-request',
        accept: 'application/x-git-upload-pack-result',
      },
    });
  const { hash } = parseAdvertisement(await get('info/refs?service=git-upload-pack', MAX_ANSWER), url);
  const id = parseTagId(await post(askForTag(tag, hash), MAX_ANSWER), tag, url);
  if (id === undefined) throw noTag(url, tag);
  const pack = parsePackAnswer(await post(askForPack(id, hash), MAX_PACK), url);
  return { id, hash, objects: new Pack(pack, hash, url) };
}

function noTag(url: string, tag: string): AppError {
  return new AppError({
    kind: 'network',
    code: 'git.no-tag',
    what: 'the repository has no such tag',
    where: url,
    expected: `refs/tags/${tag}`,
    got: 'nothing of that name',
    next: 'mend `tag` in the recipe',
  });
}
