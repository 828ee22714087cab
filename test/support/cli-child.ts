/** A process that runs `qubeforge ARGS` in a project and prints the outcome: `ROOT CACHE ARGS…`. */
import { run } from './mini-project.ts';

const [root = '', cache = '', ...args] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await run(root, cache, args)));
