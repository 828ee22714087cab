import { resolve } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { developerKeyPath, loadReleaseKey } from '../../../edge/release-key.ts';
import { releaseKeyOf, signRelease, type ReleaseKey } from '../../release/release-key.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import type { Context } from '../command.ts';

/** The release key of a run and what signs with it. */
export interface Signer {
  readonly key: ReleaseKey;
  /** Path of the private key. */
  readonly file: string;
  readonly sign: BuildPorts['signRelease'];
}

/** Opens the key file of `--sign`, or the developer key, which is made on first use. */
export async function openSigner(context: Context, file: string | undefined): Promise<Signer> {
  const path = file === undefined ? developerKeyPath(context.env) : resolve(context.cwd, file);
  const { armored, created } = await loadReleaseKey(path, file === undefined);
  const key = await releaseKeyOf(armored, path);
  if (created) {
    const message = `made a developer key for signing media: ${key.fingerprint} (${path})`;
    context.sink({ type: 'log', level: 'warning', message });
  }
  return {
    key,
    file: path,
    async sign(fingerprint, data, epoch) {
      if (fingerprint !== key.fingerprint) throw otherKey(fingerprint, key.fingerprint);
      return await signRelease(armored, path, data, epoch);
    },
  };
}

function otherKey(expected: string, got: string): AppError {
  return new AppError({
    kind: 'bug',
    code: 'release.other-key',
    what: 'a medium was planned with another release key than there is',
    expected,
    got,
  });
}
