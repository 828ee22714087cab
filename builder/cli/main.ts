import { describeError, exitCodeOf } from '../../core/errors.ts';
import { projectRoot } from '../../edge/project.ts';
import { runProgram } from './program.ts';
import { COMMANDS } from './registry.ts';

// Results do not depend on the caller's habits.
process.umask(0o022);

const abort = new AbortController();
process.on('SIGINT', () => {
  if (abort.signal.aborted) {
    // Asked twice: leave at once. The terminal's cursor may be hidden by the renderer.
    if (process.stderr.isTTY) process.stderr.write('\u001B[?25h\n');
    process.exit(130);
  }
  abort.abort();
});
process.on('SIGTERM', () => {
  abort.abort();
});
process.on('uncaughtException', (error) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(exitCodeOf(error));
});
// `qubeforge … | head` closes our output early; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runProgram(COMMANDS, process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  root: projectRoot(import.meta.url),
  clock: Date.now,
  signal: abort.signal,
  stderrStream: process.stderr,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
