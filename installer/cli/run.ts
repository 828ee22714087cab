import { AppError } from '../../core/errors.ts';
import { USAGE, type Arguments } from './args.ts';
import { check } from './check.ts';
import type { Ports } from './ports.ts';
import { report } from './report.ts';

/** Does what was typed; answers with the exit code. Throws `AppError`s. */
export async function main(args: Arguments, ports: Ports): Promise<number> {
  switch (args.command) {
    case 'help':
      ports.out(`${USAGE}\n`);
      return 0;
    case 'check':
    case 'wizard':
      return check(args, ports);
    case 'report':
      return report(args, ports);
    case 'plan':
    case 'install':
    case 'resume':
      throw new AppError({
        kind: 'usage',
        code: 'usage.later',
        what: `This version only checks the machine; it cannot ${args.command} yet`,
        next: 'qubeforge-install check',
      });
  }
}
