import { VERSION } from '../../core/version.ts';
import { USAGE, type Arguments } from './args.ts';
import { check } from './check.ts';
import { install, plan } from './install.ts';
import type { Ports } from '../ports.ts';
import { resume } from './resume.ts';
import { findUnattended, installUnattended } from './unattended.ts';
import { wizard } from './wizard.ts';
import { report } from './report.ts';

/** Does what was typed; answers with the exit code. Throws `AppError`s. */
export async function main(args: Arguments, ports: Ports): Promise<number> {
  switch (args.command) {
    case 'help':
      ports.out(`${USAGE}\n`);
      return 0;
    case 'version':
      ports.out(`qubeforge-install ${VERSION}\n`);
      return 0;
    case 'check':
      return check(args, ports);
    case 'wizard':
      return begin(args, ports);
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

/** Started without a command: by the answers of a volume when there is one, else by questions. */
async function begin(args: Arguments, ports: Ports): Promise<number> {
  const device = args.from === undefined ? await findUnattended(ports.machine) : undefined;
  return device === undefined ? wizard(args, ports) : installUnattended(args, ports, device);
}
