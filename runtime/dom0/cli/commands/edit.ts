import { AppError } from '../../../../core/errors.ts';
import { copyQube, editQube, parseFieldChange, removeQube } from '../../model/edit.ts';
import { ownsRoot, VolumeSet, volumeName } from '../../model/volumes.ts';
import { apply, holdMachine } from '../../qubes/apply.ts';
import { openContext, qubeNamed } from '../../qubes/context.ts';
import { execute } from '../../qubes/execute.ts';
import { observe } from '../../qubes/observe.ts';
import { listPci } from '../../machine/pci.ts';
import { textFlag } from '../command.ts';
import type { Call, QubeCommand } from '../command.ts';
import type { Context } from '../../qubes/context.ts';
import type { Step } from '../../model/steps.ts';

export const createCommand: QubeCommand = {
  name: 'create',
  usage: 'create NAME FIELD=VALUE…',
  summary: 'add a qube to the file and apply it',
  words: { min: 2, max: 60 },
  run: (call) =>
    changing(call, async (context, pci) => {
      const [name = '', ...fields] = call.words;
      if (context.qubes.has(name)) throw exists(name);
      await refuseStray(context, name);
      return editQube(context.source, name, fields.map(parseFieldChange), pci);
    }),
};

export const setCommand: QubeCommand = {
  name: 'set',
  usage: 'set NAME FIELD=VALUE…',
  summary: 'change fields of a qube in the file and apply it',
  words: { min: 2, max: 60 },
  run: (call) =>
    changing(call, (context, pci) => {
      const [name = '', ...fields] = call.words;
      const { name: known } = qubeNamed(context, name);
      return Promise.resolve(editQube(context.source, known, fields.map(parseFieldChange), pci));
    }),
};

export const removeCommand: QubeCommand = {
  name: 'remove',
  usage: 'remove NAME [--prune NAME]',
  summary: 'take a qube out of the file; its data goes only if --prune repeats its name',
  options: { prune: { type: 'string' } },
  words: { min: 1, max: 1 },
  run: async (call) => {
    const [name = ''] = call.words;
    const prune = textFlag(call, 'prune');
    if (prune !== undefined && prune !== name) throw otherName(name, prune);
    return changing(
      call,
      async (context, pci) => {
        qubeNamed(context, name);
        if ((await observe(context)).running.has(name)) throw runs(name, `qube stop ${name}`);
        return removeQube(context.source, name, pci);
      },
      prune === undefined ? [] : [prune],
    );
  },
};

export const cloneCommand: QubeCommand = {
  name: 'clone',
  usage: 'clone NAME NEW',
  summary: 'copy a qube with its data under another name',
  words: { min: 2, max: 2 },
  run: (call) =>
    changing(call, async (context, pci) => {
      const [from = '', to = ''] = call.words;
      const qube = qubeNamed(context, from);
      if (context.qubes.has(to)) throw exists(to);
      await refuseStray(context, to);
      if ((await observe(context)).running.has(from)) throw runs(from, `qube stop ${from}`);
      if (qube.encryptPrivate) throw encrypted(from);
      const text = copyQube(context.source, from, to, pci);
      await execute(context, await cloneSteps(context, from, to, ownsRoot(qube)));
      return text;
    }),
};

async function cloneSteps(
  context: Context,
  from: string,
  to: string,
  withRoot: boolean,
): Promise<readonly Step[]> {
  const volumes = new VolumeSet((await observe(context)).volumes);
  const roles = withRoot ? (['root', 'private'] as const) : (['private'] as const);
  return roles
    .filter((role) => volumes.get(from, role, 'base') !== undefined)
    .map((role) => ({
      do: 'clone',
      from: { qube: from, role, form: 'base' },
      volume: { qube: to, role, form: 'base' },
    }));
}

type Edit = (context: Context, pci: Awaited<ReturnType<typeof listPci>>) => Promise<string>;

/** Edits the file as one replacement, then makes the machine match it. */
async function changing(call: Call, edit: Edit, prune: readonly string[] = []): Promise<number> {
  const { machine, sink, file } = call;
  await using _held = await holdMachine(call);
  const text = await edit(await openContext(machine, sink, file), await listPci(machine));
  await machine.files.write(file, text);
  await apply(await openContext(machine, sink, file), { prune });
  return 0;
}

async function refuseStray(context: Context, name: string): Promise<void> {
  const [left] = new VolumeSet((await observe(context)).volumes).of(name);
  if (left === undefined) return;
  throw new AppError({
    kind: 'usage',
    code: 'qube.stray-data',
    what: `there is data of a former qube ${name}`,
    where: volumeName(left),
    next: `qube apply --prune ${name}, or take another name`,
  });
}

function exists(name: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'qube.exists',
    what: `there is a qube ${name} already`,
    next: `qube set ${name} FIELD=VALUE`,
  });
}

function runs(name: string, next: string): AppError {
  return new AppError({ kind: 'busy', code: 'qube.running', what: `${name} is running`, next });
}

function encrypted(name: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'clone.encrypted',
    what: `the private volume of ${name} has a key of its own, which a copy would share`,
    next: `create a qube and copy files from ${name}`,
  });
}

function otherName(name: string, prune: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'remove.name',
    what: 'the two names differ, so nothing is removed',
    expected: `--prune ${name}`,
    got: `--prune ${prune}`,
  });
}
