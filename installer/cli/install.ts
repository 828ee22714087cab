import { digestOf } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { Journal } from '../execute/journal-writer.ts';
import { loggedRunner, loggedSink } from '../execute/log.ts';
import type { ExecutePorts, RunSecrets } from '../execute/ports.ts';
import { runSteps } from '../execute/run-steps.ts';
import { assertWhole } from '../medium/assert-whole.ts';
import { assertErase } from '../plan/choose-disk.ts';
import type { Plan } from '../plan/plan.ts';
import { showPlan, showUntouched } from '../plan/show.ts';
import type { Arguments } from './args.ts';
import { narrator } from './narrator.ts';
import { emit } from './output.ts';
import type { Ports } from '../ports.ts';
import { assertInstallable, assertSameDisk, prepare, readAnswers, type Prepared } from './prepare.ts';
import { journalInput } from './resume-input.ts';
import { needSecrets, readSecrets } from './secrets.ts';

/** `plan`: prints what an installation would do; opens no device for writing. */
export async function plan(args: Arguments, ports: Ports): Promise<number> {
  const answers = await readAnswers(args, ports);
  showPrepared(args, ports, await prepare(args, ports, answers));
  return 0;
}

/** Prints a plan and the disks that it leaves alone. */
export function showPrepared(args: Arguments, ports: Ports, { seen, plan: made }: Prepared): void {
  const untouched = showUntouched(seen.hardware.disks, made.context.disk);
  const text = [showPlan(made), '', ...untouched].join('\n');
  emit(args, ports, { type: 'result', name: 'plan', value: made.steps, text });
}

/** `install`: by answers, without questions. Everything is checked before the first byte is written. */
export async function install(args: Arguments, ports: Ports): Promise<number> {
  const answers = await readAnswers(args, ports);
  const prepared = await prepare(args, ports, answers);
  assertInstallable(prepared.seen.findings, answers.overrides);
  if (args.dryRun) {
    showPrepared(args, ports, prepared);
    return 0;
  }
  assertErase(prepared.plan.context.disk, args.erase);
  const secrets = needSecrets(await readSecrets(args, ports), answers);
  return installPlan(args, ports, prepared.plan, secrets);
}

/** Carries out a plan that was confirmed, from its first step. */
export async function installPlan(
  args: Arguments,
  ports: Ports,
  made: Plan,
  secrets: RunSecrets,
): Promise<number> {
  return ports.exclusively(async () => {
    await verifyMedium(args, ports);
    await assertSameDisk(made.context.disk, args, ports);
    const execute = ports.executor(args.medium ?? ports.medium);
    const journal = await Journal.begin(execute, made.context.disk.path, {
      session: made.context.identity.id,
      plan: digestOf(made.steps),
      input: journalInput(made.context),
    });
    return carryOut(args, ports, execute, made, journal, secrets);
  });
}

/** The whole medium, as long as nothing is written. */
export async function verifyMedium(args: Arguments, ports: Ports): Promise<void> {
  const medium = args.medium ?? ports.medium;
  emit(args, ports, { type: 'log', level: 'info', message: 'Verifying every file of the medium' });
  await assertWhole(ports.mediumReader(medium), await ports.readText(ports.mediumKey), medium);
}

/** Runs the steps that are left, closes the journal, and says how it ended. */
export async function carryOut(
  args: Arguments,
  ports: Ports,
  execute: ExecutePorts,
  made: Plan,
  journal: Journal,
  secrets: RunSecrets,
): Promise<number> {
  const { log } = execute;
  const { steps, context } = made;
  const narrate = narrator(steps);
  log.hide(secrets.passphrase);
  log.hide(secrets.userPassword);
  const sink: EventSink = loggedSink((event) => {
    emit(args, ports, event, narrate);
  }, log);
  const work = { ...execute, run: loggedRunner(execute.run, log) };
  const attended = args.command === 'wizard';
  try {
    await ports.interruptible((signal) =>
      runSteps({ steps, images: context.images, journal, ports: work, secrets, sink, signal, attended }),
    );
  } catch (error) {
    throw await failed(error, ports, made, journal, log.text());
  }
  await journal.close();
  const { answers, disk } = made.context;
  const text = `${answers.hostname} is installed on ${disk.path}. Take the medium out and restart.`;
  emit(args, ports, {
    type: 'result',
    name: 'install',
    value: { disk: disk.path, id: journal.session },
    text,
  });
  return 0;
}

/** Writes the bundle to look into, and tells what was done and what not. */
async function failed(
  error: unknown,
  ports: Ports,
  made: Plan,
  journal: Journal,
  log: string,
): Promise<unknown> {
  const left = made.steps.filter((step) => step.transient !== true && !journal.done.has(step.id));
  const bundle = [
    '# Qubeforge installer: what to look into. No secret is in it.',
    `done: ${[...journal.done].join(' ')}`,
    `not done: ${left.map((step) => step.id).join(' ')}`,
    '',
    showPlan(made),
    '',
    log,
  ].join('\n');
  await ports.writeText(ports.bundle, bundle);
  if (!(error instanceof AppError)) return error;
  return new AppError({
    kind: error.kind,
    code: error.code,
    what: error.message,
    where: error.where,
    expected: error.expected,
    got: [
      error.got,
      `done: ${journal.done.size} steps; not done: ${left.map((step) => step.title).join(', ')}`,
    ]
      .filter((part) => part !== undefined)
      .join('\n'),
    next: `qubeforge-install resume; the log is in ${ports.bundle}`,
    cause: error,
  });
}
