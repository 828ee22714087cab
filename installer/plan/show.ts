import { formatBytes } from '../../core/bytes.ts';
import type { Disk } from '../probe/model.ts';
import { describeDisk } from './choose-disk.ts';
import type { Context } from './context.ts';
import { dom0Controllers, usbControllers } from './devices.ts';
import { volumeGroup } from './identity.ts';
import type { Plan } from './plan.ts';
import type { Action, Input, Step } from './step.ts';

/** Every command of a plan, as one would type it; secrets are named, not shown. */
export function showPlan(plan: Plan): string {
  return [
    ...showSummary(plan.context),
    '',
    ...plan.steps.flatMap((step, index) => showStep(step, `${index + 1}/${plan.steps.length}`)),
  ].join('\n');
}

function showStep(step: Step, number: string): string[] {
  return [
    `[${number}] ${step.title} (${step.id})`,
    ...step.apply.map((action) => `    ${showAction(action)}`),
  ];
}

/** One action on one line. */
export function showAction(action: Action): string {
  switch (action.do) {
    case 'run':
      return showCommand(action.argv, action.stdin);
    case 'write':
      return `write ${action.path} (mode ${action.mode.toString(8)}, ${action.text.length} characters)`;
    case 'deploy':
      return `write the image ${action.image} to ${action.to}, verified`;
    case 'copy':
      return `copy ${action.file.path} of the medium to ${action.to}, verified`;
    case 'show-recovery-key':
      return 'show the recovery key once';
    case 'keep-log':
      return `copy the log to ${action.path}`;
  }
}

function showCommand(argv: readonly string[], stdin: readonly Input[] | undefined): string {
  const words = argv.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  const input = stdin?.map((part) =>
    typeof part === 'string' ? JSON.stringify(part).slice(1, -1) : `<${part.secret}>`,
  );
  return words.join(' ') + (input === undefined ? '' : `   # stdin: ${input.join('')}`);
}

/** What will be on the disk, for the review. */
export function showSummary(context: Context): string[] {
  const { disk, partitions, volumes, identity } = context;
  const row = (name: string, bytes: number, what: string): string =>
    `    ${name.padEnd(14)} ${formatBytes(bytes).padStart(10)}  ${what}`;
  return [
    `Disk: ${describeDisk(disk)}`,
    ...partitions.map((one) =>
      row(`partition ${one.number}`, one.size, one.kept === undefined ? one.name : `${one.name} (kept)`),
    ),
    `Volume group ${volumeGroup(identity)}${context.answers.storage.encryption === 'none' ? ' (NOT ENCRYPTED)' : ' (encrypted, LUKS2)'}:`,
    row('swap', volumes.swap, 'swap of dom0'),
    row('dom0-pool', volumes.dom0Pool, 'dom0'),
    row(
      context.answers.storage.scheme === 'btrfs' ? 'qubes' : 'qube-pool',
      volumes.qubePool,
      `qubes: ${context.templates.map((image) => image.name).join(', ') || 'no template'}`,
    ),
    row('free', volumes.free, 'for the pools to grow'),
  ];
}

/** What was chosen besides the disk, for the review. */
export function showChoices(context: Context): string[] {
  const { answers } = context;
  const { user, hostname, language, keyboard, timezone, storage, qubes, overrides } = answers;
  const row = (name: string, value: string): string => `    ${name.padEnd(14)} ${value}`;
  return [
    'System:',
    row('name, user', `${hostname}, ${user.name}`),
    row('language', `${language}, keyboard ${[keyboard.layout, keyboard.variant].filter(Boolean).join(' ')}`),
    row('time zone', timezone),
    row('recovery key', storage['recovery-key'] && storage.encryption === 'luks2' ? 'yes, shown once' : 'no'),
    row('qubes', SETS[qubes.set]),
    row('USB', showUsb(context)),
    ...(overrides.length === 0 ? [] : [row('IN SPITE OF', overrides.join(', '))]),
  ];
}

/** Who gets the USB controllers that the machine has. */
function showUsb(context: Context): string {
  const given = usbControllers(context).map(({ address }) => address);
  const kept = dom0Controllers(context);
  if (given.length + kept.length === 0) return 'no controller';
  if (given.length === 0) return 'dom0';
  return kept.length === 0 ? 'sys-usb' : `sys-usb has ${given.join(', ')}; dom0 keeps ${kept.join(', ')}`;
}

const SETS = {
  default: 'service qubes and four for work',
  service: 'service qubes only',
  none: 'none',
} as const;

/** The disks that stay as they are, for the review. */
export function showUntouched(disks: readonly Disk[], chosen: Disk): string[] {
  const others = disks.filter((disk) => disk.path !== chosen.path);
  if (others.length === 0) return ['No other disk is attached.'];
  return [
    'These disks stay untouched:',
    ...others.map(
      (disk) => `    ${describeDisk(disk)}${disk.systems.length > 0 ? ` - ${disk.systems.join(', ')}` : ''}`,
    ),
  ];
}
