import { AppError } from '../../../core/errors.ts';
import { PATHS } from '../machine/paths.ts';
import { disposableOf } from '../model/resolve.ts';
import { DISPOSABLE_NAME } from '../model/schema.ts';
import { holdMachine } from './apply.ts';
import { qubeNamed } from './context.ts';
import { observe } from './observe.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import type { Context } from './context.ts';

/** A disposable that runs for as long as whoever asked for it needs it. */
export interface Disposable {
  readonly name: string;
  /** Ends it with everything that it held. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a fresh disposable from an AppVM that is said to be a template of them. `patience` is in milliseconds.
 * @throws AppError `disposable.parent`.
 */
export async function openDisposable(
  context: Context,
  parentName: string,
  patience: number,
): Promise<Disposable> {
  const parent = qubeNamed(context, parentName);
  if (!parent.disposableTemplate) throw noParent(parentName);
  await using _held = await holdMachine(context);
  const name = await freeName(context);
  const owned = await own(context, name);
  const close = async (): Promise<void> => {
    await stop(context, name, { patience: 0, kill: true });
    await owned[Symbol.asyncDispose]();
  };
  try {
    await start(context, disposableOf(parent, name), { patience });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name,
    close: async () => {
      await using _held = await holdMachine(context);
      await close();
    },
  };
}

/** Ends the disposables whose owner was killed before it could. The caller holds the machine. */
export async function closeAbandoned(context: Context): Promise<void> {
  const { running } = await observe(context);
  for (const name of [...running.keys()].filter((one) => DISPOSABLE_NAME.test(one))) {
    const owned = await own(context, name).catch(unlessBusy);
    if (owned === undefined) continue;
    await stop(context, name, { patience: 0, kill: true });
    await owned[Symbol.asyncDispose]();
  }
}

/** Whoever holds this lock needs the disposable; when its process ends, however it does, nobody does. */
function own({ machine }: Context, name: string): Promise<AsyncDisposable> {
  return machine.files.lock(`${PATHS.locks}/${name}`, 0);
}

function unlessBusy(error: unknown): undefined {
  if (error instanceof AppError && error.kind === 'busy') return undefined;
  throw error;
}

async function freeName(context: Context): Promise<string> {
  const { running, volumes, numbers } = await observe(context);
  const taken = new Set([...running.keys(), ...volumes.map(({ qube }) => qube), ...Object.keys(numbers)]);
  let n = 1;
  while (taken.has(`disp-${n}`)) n += 1;
  return `disp-${n}`;
}

function noParent(name: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'disposable.parent',
    what: `no disposable is made from ${name}: it is not said to be a template of them`,
    where: name,
    next: `qube set ${name} disposable-template=true`,
  });
}
