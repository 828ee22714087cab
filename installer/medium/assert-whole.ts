import { AppError } from '../../core/errors.ts';
import { checkMedium, type MediumReader } from '../medium-check/check.ts';

/**
 * Compares every file of the medium with the signed list, before anything is written: a bad medium is found while
 * the disk still holds what it held. Throws an `AppError` (verification) that names the bad files.
 */
export async function assertWhole(reader: MediumReader, armoredKey: string, where: string): Promise<void> {
  const bad = await checkMedium(reader, armoredKey, () => undefined);
  if (bad.length === 0) return;
  throw new AppError({
    kind: 'verification',
    code: 'medium.damaged',
    what: 'The medium is damaged or was changed',
    where,
    expected: 'every file as in the signed list',
    got: bad.map(({ path, problem }) => `${path}: ${problem}`).join('\n'),
    next: 'write the medium again from a verified download',
  });
}
