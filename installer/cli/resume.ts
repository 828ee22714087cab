import { digestOf } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { JOURNAL_LENGTH, JOURNAL_OFFSET, readJournal, type JournalState } from '../execute/journal.ts';
import { Journal } from '../execute/journal-writer.ts';
import { loadManifest } from '../medium/load.ts';
import { describeDisk } from '../plan/choose-disk.ts';
import type { Secrets } from '../plan/parse-answers.ts';
import type { Manifest } from '../medium/manifest.ts';
import { makePlan, type Plan } from '../plan/plan.ts';
import type { Disk } from '../probe/model.ts';
import type { Arguments } from './args.ts';
import { look } from './check.ts';
import type { Seen } from '../checks/seen.ts';
import { carryOut, verifyMedium } from './install.ts';
import type { Ports } from '../ports.ts';
import { journalInputSchema, resumedHardware, type JournalInput } from './resume-input.ts';
import { needSecrets, readSecrets } from './secrets.ts';

interface Interrupted {
  readonly disk: Disk;
  readonly state: JournalState;
  readonly input: JournalInput;
}

/** `resume`: goes on with the interrupted installation that a disk of this machine has a journal of. */
export async function resume(args: Arguments, ports: Ports): Promise<number> {
  return resumeWith(args, ports, await readSecrets(args, ports));
}

/** True when `resume` would find something. */
export async function hasInterrupted(seen: Seen, ports: Ports): Promise<boolean> {
  return (await findAll(seen, ports)).length === 1;
}

/** Goes on with secrets that were read or typed. */
export async function resumeWith(args: Arguments, ports: Ports, given: Secrets): Promise<number> {
  const medium = args.medium ?? ports.medium;
  const seen = await look(ports.machine, medium);
  const found = await findInterrupted(seen, ports);
  const secrets = needSecrets(given, found.input.answers);
  const manifest = await loadManifest(ports, medium, ports.mediumKey);
  const plan = remake(found, seen, manifest);
  const execute = ports.executor(medium);
  const journal = Journal.resume(execute, found.disk.path, found.state);
  return ports.exclusively(async () => {
    await verifyMedium(args, ports);
    return carryOut(args, ports, execute, plan, journal, secrets);
  });
}

/** The same plan as the one that was interrupted, or an error: other steps would fit nothing. */
function remake({ disk, state, input }: Interrupted, seen: Seen, manifest: Manifest): Plan {
  const before = input.disk.partitions.map((one) => ({
    ...{ start: undefined, type: undefined, uuid: undefined, content: undefined, label: undefined },
    ...one,
  }));
  const plan = makePlan({
    answers: input.answers,
    identity: input.identity,
    disk: { ...disk, partitions: before, table: input.disk.table },
    hardware: resumedHardware(input.hardware, seen.hardware),
    images: manifest.images,
    files: manifest.files,
  });
  if (digestOf(plan.steps) === state.begin.plan) return plan;
  throw new AppError({
    kind: 'usage',
    code: 'resume.changed',
    what: 'The interrupted installation cannot go on: machine or medium are not the same any more',
    where: describeDisk(disk),
    next: 'start from the medium of before with the same devices attached, or install anew',
  });
}

/** Looks for a journal on every disk; reads only. */
async function findAll(seen: Seen, ports: Ports): Promise<readonly Interrupted[]> {
  const found: Interrupted[] = [];
  for (const disk of seen.hardware.disks) {
    const region = await ports.executor('').readDevice(disk.path, JOURNAL_OFFSET, JOURNAL_LENGTH);
    const state = readJournal(region);
    if (state === undefined || state.finished) continue;
    const input = journalInputSchema.safeParse(state.begin.input).data;
    if (input !== undefined && isSame(input.disk, disk)) found.push({ disk, state, input });
  }
  return found;
}

/** The one interrupted installation. Throws when there is none, or more than one. */
async function findInterrupted(seen: Seen, ports: Ports): Promise<Interrupted> {
  const found = await findAll(seen, ports);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new AppError({
    kind: 'usage',
    code: found.length === 0 ? 'resume.none' : 'resume.several',
    what:
      found.length === 0
        ? 'No interrupted installation was found'
        : 'Several disks have an interrupted installation',
    got: (found.length === 0 ? seen.hardware.disks : found.map((one) => one.disk))
      .map(describeDisk)
      .join('\n'),
    next: found.length === 0 ? 'qubeforge-install' : 'detach all of them but one',
  });
}

/** A copy of a disk on another disk is not meant. */
function isSame(before: JournalInput['disk'], now: Disk): boolean {
  return before.serial === now.serial && before.sizeBytes === now.sizeBytes && before.model === now.model;
}
