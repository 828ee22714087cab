import { USAGE, type Arguments } from './args.ts';
import { check } from './check.ts';
import { install, plan } from './install.ts';
import type { Ports } from './ports.ts';
import { resume } from './resume.ts';
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
      return plan(args, ports);
    case 'install':
      return install(args, ports);
    case 'resume':
      return resume(args, ports);
  }
}
