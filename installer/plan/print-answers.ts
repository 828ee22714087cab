import { stringify } from 'yaml';
import { type Context } from './context.ts';
import { eraseToken } from './choose-disk.ts';

/** The answers with every default filled in and the disk that was found. They hold no secret. */
export function answersFile(context: Context): string {
  const disk =
    context.disk.serial === '' ? { path: context.disk.path } : { serial: eraseToken(context.disk) };
  const head = '# The answers that this system was installed with (qubeforge-install install --answers).\n';
  return head + stringify({ ...context.answers, disk }, { compat: 'yaml-1.1' });
}
