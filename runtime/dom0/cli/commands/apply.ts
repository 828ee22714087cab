import { describeStep } from '../../model/steps.ts';
import { apply, holdMachine, plan } from '../../qubes/apply.ts';
import { closeAbandoned } from '../../qubes/disposable.ts';
import { openContext } from '../../qubes/context.ts';
import { startAll } from '../../qubes/autostart.ts';
import { patience, result, textFlag, WAIT } from '../command.ts';
import type { Note, Plan } from '../../model/steps.ts';
import type { QubeCommand } from '../command.ts';

export const applyCommand: QubeCommand = {
  name: 'apply',
  usage: 'apply [--dry-run] [--prune NAME] [--start] [--wait SECONDS]',
  summary: 'show what makes the machine match the file, and do it',
  options: {
    'dry-run': { type: 'boolean' },
    prune: { type: 'string' },
    start: { type: 'boolean' },
    ...WAIT,
  },
  words: { min: 0, max: 0 },
  run: async (call) => {
    const prune = textFlag(call, 'prune');
    const options = prune === undefined ? {} : { prune: [prune] };
    await using _held = await holdMachine(call);
    const context = await openContext(call.machine, call.sink, call.file);
    if (call.flags['dry-run'] === true) {
      const wanted = await plan(context, options);
      result(call.sink, 'plan', wanted, planText(wanted));
      return 0;
    }
    await closeAbandoned(context);
    const done = await apply(context, options);
    result(call.sink, 'plan', done, doneText(done));
    return call.flags['start'] === true ? await startAll(context, patience(call)) : 0;
  },
};

function planText({ steps, notes }: Plan): string {
  const lines = steps.length === 0 ? ['nothing to do'] : steps.map(describeStep);
  return [...lines, ...notes.map(noteText)].join('\n');
}

/** The steps were shown while they were done. */
function doneText({ steps, notes }: Plan): string {
  const line = steps.length === 0 ? 'nothing to do' : `done: ${steps.length} steps`;
  return [line, ...notes.map(noteText)].join('\n');
}

function noteText({ qube, text }: Note): string {
  return `note: ${qube}: ${text}`;
}
