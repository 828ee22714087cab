import { expect, it } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { diffLocks, printLockDiff } from '../../../builder/lock/diff.ts';
import type { FedoraLock } from '../../../builder/lock/fedora-schema.ts';
import { parseFingerprint } from '../../../builder/verify/fingerprint.ts';

const [first, second] = ['A', 'B'].map((digit) => parseFingerprint(digit.repeat(40))!) as [never, never];
const digest = sha256(Buffer.from('x'));

function lock(version: string, signer: never): FedoraLock {
  return {
    ...{ version: 1, family: 'fedora', architecture: 'x86_64' },
    recipe: { name: 'x', digest },
    repositories: [
      {
        repository: 'fedora',
        date: '2026-01-01T00:00:00.000Z',
        repomd: digest,
        metalink: true,
        metadata: [],
      },
    ],
    packages: [
      {
        ...{
          name: 'bash',
          version,
          architecture: 'x86_64',
          repository: 'fedora',
          path: 'Packages/b/bash.rpm',
        },
        ...{ size: 1, sha256: digest, header: digest, payload: digest, signer, signingKey: signer },
      },
    ],
  };
}

it('what moved between two locks of the Fedora family names packages and who signed them', () => {
  const text = printLockDiff(diffLocks(lock('5.2-1.fc43', first), lock('5.3-1.fc43', second)));
  expect(text).toContain('bash:x86_64 5.2-1.fc43 → 5.3-1.fc43');
  expect(text).toContain(`packages of fedora, signed by ${first as string} → ${second as string}`);
  expect(printLockDiff(diffLocks(lock('1-1', first), lock('1-1', first)))).toContain('nothing moved');
});
