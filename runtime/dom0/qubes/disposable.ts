import { AppError } from '../../../core/errors.ts';
import { disposableOf } from '../model/resolve.ts';
import { holdMachine } from './apply.ts';
import { qubeNamed } from './context.ts';
import { observe } from './observe.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import type { Context } from './context.ts';

/**
 * Starts a fresh disposable from an AppVM that is said to be a template of them; resolves with its name. `patience` is in milliseconds.
 * @throws AppError `disposable.parent`.
 */
export async function openDisposable(
  context: Context,
  parentName: string,
  patience: number,
): Promise<string> {
  const parent = qubeNamed(context, parentName);
  if (!parent.disposableTemplate) throw noParent(parentName);
  await using _held = await holdMachine(context);
  const name = await freeName(context);
  await start(context, disposableOf(parent, name), { patience });
  return name;
}

/** Ends a disposable with everything that it held. */
export async function closeDisposable(context: Context, name: string): Promise<void> {
  await using _held = await holdMachine(context);
  await stop(context, name, { patience: 0, kill: true });
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
