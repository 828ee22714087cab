import { describeError, exitCodeOf } from '../../core/errors.ts';
import { livePorts } from '../../edge/installer-ports.ts';
import { parseArguments } from './args.ts';
import { main } from './run.ts';

const ports = livePorts();
try {
  process.exitCode = await main(parseArguments(process.argv.slice(2)), ports);
} catch (error) {
  ports.err(`${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
