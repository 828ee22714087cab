import { AppError, describeError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { Secret } from '../../core/secret.ts';
import type { Image } from '../medium/manifest.ts';
import type { Action, Check, Input, SecretName, Step } from '../plan/step.ts';
import type { Journal } from './journal-writer.ts';
import type { ExecutePorts, RunSecrets } from './ports.ts';
import { drawRecoveryKey } from './recovery-key.ts';
import { Releases } from './releases.ts';

export interface Execution {
  readonly steps: readonly Step[];
  readonly images: readonly Image[];
  readonly journal: Journal;
  readonly ports: ExecutePorts;
  readonly secrets: RunSecrets;
  readonly sink: EventSink;
  /** Somebody sits at the console and can confirm what they see. */
  readonly attended: boolean;
  /** Ends the run after the step that is being done. */
  readonly signal?: AbortSignal;
}

/**
 * Does the steps that the journal does not have, and all transient ones. Whatever happens, transient
 * steps are taken back in reverse order. Throws the `AppError` of the step that failed.
 */
export async function runSteps(execution: Execution): Promise<void> {
  const { steps, journal, sink, ports } = execution;
  const recoveryKey = drawRecoveryKey(ports.random);
  ports.log.hide(recoveryKey);
  await using releases = new Releases(ports.run, sink);
  for (const step of steps) {
    if (execution.signal?.aborted === true) throw interrupted(step);
    if (step.transient !== true && journal.done.has(step.id)) {
      sink({ type: 'finished', id: step.id, outcome: 'skipped', detail: 'done before' });
      continue;
    }
    sink({ type: 'started', id: step.id, title: step.title });
    try {
      await doStep(execution, step, recoveryKey, releases);
    } catch (error) {
      sink({ type: 'failed', id: step.id, message: describeError(error) });
      await journal.failed(step.id, error instanceof Error ? error.message : String(error));
      throw error;
    }
    if (step.transient !== true) await journal.finish(step.id);
    sink({ type: 'finished', id: step.id, outcome: 'done' });
  }
}

async function doStep(
  execution: Execution,
  step: Step,
  recoveryKey: Secret,
  releases: Releases,
): Promise<void> {
  const secrets = new Map<SecretName, Secret | undefined>([
    ['passphrase', execution.secrets.passphrase],
    ['user-password', execution.secrets.userPassword],
    ['recovery-key', recoveryKey],
  ]);
  const fill = (input: readonly Input[]): string => input.map((part) => inputText(part, secrets)).join('');
  const already = step.already !== undefined && (await holdsNow(execution, step.already, fill));
  try {
    if (!already) for (const action of step.apply) await apply(execution, step, action, fill);
  } catch (error) {
    releases.addHalfDone(step.release ?? []);
    throw error;
  }
  releases.add(step.release ?? []);
  for (const check of step.verify) {
    if (!(await holdsNow(execution, check, fill))) throw unverified(step, check);
  }
}

function inputText(part: Input, secrets: ReadonlyMap<SecretName, Secret | undefined>): string {
  if (typeof part === 'string') return part;
  const secret = secrets.get(part.secret);
  if (secret !== undefined) return secret.reveal();
  throw new AppError({
    kind: 'usage',
    code: 'secrets.missing',
    what: `The ${part.secret} is needed and was not given`,
    next: 'put it into the secrets file',
  });
}

type Fill = (input: readonly Input[]) => string;

async function apply(
  { ports, images, sink, attended }: Execution,
  step: Step,
  action: Action,
  fill: Fill,
): Promise<void> {
  switch (action.do) {
    case 'run':
      await ports.run({
        argv: action.argv,
        env: ENVIRONMENT,
        ...(action.stdin === undefined ? {} : { stdin: fill(action.stdin) }),
        ...(action.accept === undefined ? {} : { accept: action.accept }),
      });
      return;
    case 'write':
      await ports.writeFile(action.path, action.text, action.mode);
      return;
    case 'deploy': {
      const image = images.find((one) => one.name === action.image);
      if (image === undefined)
        throw new Error(`the plan names the image ${action.image}, which it does not have`);
      await ports.deploy(image, action.to, (done) => {
        sink({ type: 'progress', id: step.id, done, total: image['raw-size'], unit: 'bytes' });
      });
      return;
    }
    case 'copy':
      await ports.copy(action.file, action.to);
      return;
    case 'show-recovery-key':
      await ports.showRecoveryKey(new Secret(fill([{ secret: 'recovery-key' }])), attended);
      return;
    case 'keep-log':
      await ports.writeFile(action.path, ports.log.text(), 0o600);
      return;
  }
}

const ENVIRONMENT = {
  LC_ALL: 'C.UTF-8',
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  DEBIAN_FRONTEND: 'noninteractive',
  LVM_SUPPRESS_FD_WARNINGS: '1',
};

async function holdsNow({ ports }: Execution, check: Check, fill: Fill): Promise<boolean> {
  try {
    const { stdout } = await ports.run({
      argv: check.argv,
      env: ENVIRONMENT,
      ...(check.stdin === undefined ? {} : { stdin: fill(check.stdin) }),
    });
    return [check.says ?? []].flat().every((text) => stdout.includes(text));
  } catch (error) {
    if (error instanceof AppError && error.kind === 'tool') return false;
    throw error;
  }
}

function unverified(step: Step, check: Check): AppError {
  return new AppError({
    kind: 'tool',
    code: 'step.verify',
    what: `"${step.title}" was done, but does not hold`,
    where: check.argv.join(' '),
    expected: [check.says ?? 'exit code 0'].flat().join(', '),
    next: 'qubeforge-install resume',
  });
}

function interrupted(step: Step): AppError {
  return new AppError({
    kind: 'tool',
    code: 'install.interrupted',
    what: `Stopped before "${step.title}"; everything before it is done`,
    next: 'qubeforge-install resume',
  });
}
