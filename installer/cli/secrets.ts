import { AppError } from '../../core/errors.ts';
import type { Answers } from '../plan/answers.ts';
import { parseSecrets, type Secrets } from '../plan/parse-answers.ts';
import { assertStrong } from '../plan/strength.ts';
import type { RunSecrets } from '../execute/ports.ts';
import type { Arguments } from './args.ts';
import type { Ports } from '../ports.ts';

/** The secrets from a file or a descriptor. Throws when there are none. */
export async function readSecrets(args: Arguments, ports: Ports): Promise<Secrets> {
  if (args.secrets !== undefined) return parseSecrets(await ports.readText(args.secrets), args.secrets);
  if (args.secretsFd !== undefined) {
    const where = `file descriptor ${args.secretsFd}`;
    return parseSecrets(await ports.readText(`/proc/self/fd/${args.secretsFd}`), where);
  }
  throw missing('passphrase and user-password');
}

/** Secrets that suffice for these answers. Throws an `AppError` (usage) otherwise. */
export function needSecrets(secrets: Secrets, answers: Answers): RunSecrets {
  if (secrets.userPassword === undefined) throw missing('user-password');
  const encrypted = answers.storage.encryption === 'luks2';
  if (encrypted && secrets.passphrase === undefined) throw missing('passphrase');
  if (encrypted && secrets.passphrase !== undefined) {
    assertStrong(secrets.passphrase, [answers.user.name, answers.user['full-name'], answers.hostname]);
  }
  for (const secret of [secrets.passphrase, secrets.userPassword]) {
    if (secret === undefined || !/\p{Cc}/u.test(secret.reveal())) continue;
    throw new AppError({
      kind: 'usage',
      code: 'secrets.characters',
      what: 'A secret holds a line break or another control character, which cannot be typed',
      next: 'quote the value in the secrets file, on one line',
    });
  }
  return { passphrase: encrypted ? secrets.passphrase : undefined, userPassword: secrets.userPassword };
}

function missing(names: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'secrets.missing',
    what: 'An installation without questions needs the secrets beside the answers',
    expected: names,
    next: 'qubeforge-install install --answers FILE --secrets FILE --erase SERIAL',
  });
}
