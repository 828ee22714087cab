import { planApply } from '../model/plan/apply.ts';
import { execute } from './execute.ts';
import { observe } from './observe.ts';
import { PATHS } from '../machine/paths.ts';
import type { ApplyOptions } from '../model/plan/apply.ts';
import type { Context } from './context.ts';
import type { Plan } from '../model/steps.ts';

/** Milliseconds. */
const PATIENCE = 10 * 60_000;

/**
 * Holds the machine while it is changed: one `qube` at a time plans and acts, others wait for it.
 * @throws AppError `lock.busy` after ten minutes.
 */
export function holdMachine({ machine }: Pick<Context, 'machine'>): Promise<AsyncDisposable> {
  return machine.files.lock(`${PATHS.locks}/machine`, PATIENCE);
}

/** What `qube apply` would do now; changes nothing. */
export async function plan(context: Context, options?: ApplyOptions): Promise<Plan> {
  return planApply(context.qubes, await observe(context), options);
}

/** Makes the machine match the file. The caller holds the machine. */
export async function apply(context: Context, options?: ApplyOptions): Promise<Plan> {
  const wanted = await plan(context, options);
  await execute(context, wanted.steps);
  return wanted;
}
