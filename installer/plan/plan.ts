import { AppError } from '../../core/errors.ts';
import { formatBytes, GIB } from '../../core/bytes.ts';
import type { Disk } from '../probe/model.ts';
import type { Context, PlanInput } from './context.ts';
import { planPartitions } from './layout.ts';
import { defaultTemplate } from './qubes.ts';
import { run, type Step } from './step.ts';
import { configureSteps } from './steps/configure.ts';
import { encryptionSteps } from './steps/encryption.ts';
import { partitionSteps } from './steps/partitions.ts';
import { provisionSteps } from './steps/provision.ts';
import { dom0Image, systemSteps } from './steps/system.ts';
import { volumeSteps } from './steps/volumes.ts';
import { planVolumes } from './volumes.ts';

/** The parts of an installation in their order. A new part is one file and one line here. */
const PARTS: readonly ((context: Context) => readonly Step[])[] = [
  partitionSteps,
  encryptionSteps,
  volumeSteps,
  systemSteps,
  configureSteps,
  provisionSteps,
];

export interface Plan {
  readonly context: Context;
  readonly steps: readonly Step[];
}

/** The whole installation as data. The same input gives the same plan. Throws `AppError`s (usage). */
export function makePlan(input: PlanInput): Plan {
  const context = contextOf(input);
  dom0Image(context);
  if (context.answers.qubes.set !== 'none') defaultTemplate(context);
  return { context, steps: PARTS.flatMap((part) => part(context)).map(durable) };
}

/** What a step wrote is on the disk before the journal says that it was done: the power may fail right after. */
function durable(step: Step): Step {
  return step.transient === true ? step : { ...step, apply: [...step.apply, run('sync')] };
}

function contextOf(input: PlanInput): Context {
  const { disk } = input;
  const partitions = planPartitions({ ...disk, keep: keptEsp(input) });
  const system = partitions?.find((one) => one.role === 'system')?.size ?? 0;
  const volumes = partitions === undefined ? undefined : planVolumes(system, disk.sizeBytes);
  if (partitions === undefined || volumes === undefined) {
    throw new AppError({
      kind: 'usage',
      code: 'disk.room',
      what: `${disk.path} has no room for the system`,
      expected: `${formatBytes(32 * GIB)}${input.answers.storage.esp === 'keep' ? ' beside the kept partition' : ''}`,
      got: formatBytes(disk.sizeBytes),
      next: 'choose a larger disk',
    });
  }
  return { ...input, partitions, volumes, templates: chooseTemplates(input) };
}

/** The EFI system partition to keep. Throws when the answers want one and there is none. */
function keptEsp({ answers, disk }: PlanInput) {
  if (answers.storage.esp === 'new') return undefined;
  const found = disk.partitions.find(
    (one) => one.type?.toLowerCase() === ESP_TYPE && one.start !== undefined,
  );
  const number = Number(/(\d+)$/.exec(found?.path ?? '')?.[1]);
  if (found?.start !== undefined && found.uuid !== undefined && disk.table === 'gpt') {
    return { number, start: found.start, size: found.sizeBytes, uuid: found.uuid };
  }
  throw new AppError({
    kind: 'usage',
    code: 'disk.esp',
    what: `${disk.path} has no EFI system partition to keep`,
    expected: 'a GPT disk with one',
    got: describeTable(disk),
    next: 'set storage.esp: new',
  });
}

const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';

function describeTable(disk: Disk): string {
  return `${disk.table ?? 'no'} partition table with ${disk.partitions.length} partitions`;
}

function chooseTemplates({ answers, images }: PlanInput) {
  const all = images.filter((image) => image.kind === 'template');
  if (answers.templates === 'all') return all;
  return answers.templates.map((name) => {
    const found = all.find((image) => image.name === name);
    if (found !== undefined) return found;
    throw new AppError({
      kind: 'usage',
      code: 'answers.template',
      what: `The medium has no template ${name}`,
      expected: all.map((image) => image.name).join(', ') || 'a medium with templates',
      got: name,
      next: 'change templates in the answers',
    });
  });
}
