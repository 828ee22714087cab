import { setTimeout } from 'node:timers/promises';
import { localFiles } from '../../../edge/local-files.ts';
import { run } from '../../../edge/runner.ts';
import { attach } from '../../../edge/terminal.ts';
import { xenstoreLink } from '../../../edge/xenstore.ts';
import { program } from './program.ts';

process.exitCode = await program(
  process.argv.slice(2),
  {
    run,
    attach,
    files: localFiles,
    store: xenstoreLink(),
    now: Date.now,
    sleep: async (milliseconds) => {
      await setTimeout(milliseconds);
    },
  },
  { out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text) },
);
