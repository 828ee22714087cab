import { AppError } from '../../../../core/errors.ts';
import { revertSteps } from '../../model/plan/revert.ts';
import { VolumeSet } from '../../model/volumes.ts';
import { apply, holdMachine } from '../../qubes/apply.ts';
import { openContext, qubeNamed } from '../../qubes/context.ts';
import { execute } from '../../qubes/execute.ts';
import { observe } from '../../qubes/observe.ts';
import type { QubeCommand } from '../command.ts';

export const revertCommand: QubeCommand = {
  name: 'revert',
  usage: 'revert NAME [REVISION]',
  summary: 'go back to an older root of a template or standalone qube',
  words: { min: 1, max: 2 },
  run: async ({ machine, sink, file, words }) => {
    const [name = '', revision] = words;
    await using _held = await holdMachine({ machine });
    const context = await openContext(machine, sink, file);
    qubeNamed(context, name);
    await apply(context);
    const { running, volumes } = await observe(context);
    if (running.has(name)) {
      throw new AppError({
        kind: 'busy',
        code: 'qube.running',
        what: `${name} is running`,
        next: `qube stop ${name}`,
      });
    }
    const number = revision === undefined ? undefined : Number(revision);
    await execute(context, revertSteps(name, new VolumeSet(volumes), number));
    return 0;
  },
};
