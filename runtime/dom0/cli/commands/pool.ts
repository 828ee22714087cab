import { AppError } from '../../../../core/errors.ts';
import { describePool, POOL_ALARM, poolAlarms } from '../../model/pool.ts';
import { openContext } from '../../qubes/context.ts';
import { result } from '../command.ts';
import type { QubeCommand } from '../command.ts';

export const poolCommand: QubeCommand = {
  name: 'pool',
  usage: 'pool',
  summary: 'how full the pool of volumes is; fails from 80 % on (a timer runs it)',
  words: { min: 0, max: 0 },
  run: async ({ machine, sink, file }) => {
    const { storage } = await openContext(machine, sink, file);
    const { pool } = await storage.look();
    result(sink, 'pool', pool, describePool(pool));
    const alarms = poolAlarms(pool);
    if (alarms.length === 0) return 0;
    throw new AppError({
      kind: 'tool',
      code: 'pool.full',
      what: alarms.join('; '),
      where: file,
      expected: `less than ${POOL_ALARM} %`,
      got: describePool(pool),
      next: 'qube apply --dry-run   # names data that no qube of the file owns',
    });
  },
};
