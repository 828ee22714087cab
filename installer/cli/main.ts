import { describeError, exitCodeOf } from '../../core/errors.ts';
import { livePorts } from '../../edge/installer-ports.ts';
import { parseArguments } from './args.ts';
import { main } from './run.ts';

// Node 20 warns of Ed25519 as experimental, in the middle of what people read.
process.removeAllListeners('warning');

const ports = livePorts();
try {
  process.exitCode = await main(parseArguments(process.argv.slice(2)), ports);
} catch (error) {
  ports.err(`${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
