import { AppError } from '../../core/errors.ts';
import { blockers } from '../checks/registry.ts';
import type { Finding } from '../checks/finding.ts';
import { loadManifest } from '../medium/load.ts';
import type { Manifest } from '../medium/manifest.ts';
import type { Answers } from '../plan/answers.ts';
import { chooseDisk } from '../plan/choose-disk.ts';
import { drawIdentity } from '../plan/identity.ts';
import { parseAnswers } from '../plan/parse-answers.ts';
import { makePlan, type Plan } from '../plan/plan.ts';
import type { Disk } from '../probe/model.ts';
import type { Arguments } from './args.ts';
import { look, sourceOf } from './check.ts';
import type { Seen } from '../checks/seen.ts';
import type { Ports } from '../ports.ts';

/** The answers of `--answers`. Throws when it was not given. */
export async function readAnswers(
  args: Pick<Arguments, 'answers' | 'command'>,
  ports: Ports,
): Promise<Answers> {
  if (args.answers !== undefined) return parseAnswers(await ports.readText(args.answers), args.answers);
  throw new AppError({
    kind: 'usage',
    code: 'usage',
    what: `${args.command} needs the answers`,
    expected: '--answers FILE',
    next: 'qubeforge-install for questions instead of a file',
  });
}

export interface Prepared {
  readonly seen: Seen;
  readonly plan: Plan;
  readonly manifest: Manifest;
}

/** Looks at the machine and plans for it; changes nothing. The hardware gate is `assertInstallable`. */
export async function prepare(args: Arguments, ports: Ports, answers: Answers): Promise<Prepared> {
  const medium = args.medium ?? ports.medium;
  const seen = await look(await sourceOf(args, ports), medium);
  const disk = chooseDisk(seen.hardware.disks, answers.disk);
  const manifest = await loadManifest(ports, medium, ports.mediumKey);
  const plan = makePlan({
    answers,
    disk,
    hardware: seen.hardware,
    identity: drawIdentity(ports.randomUuid),
    images: manifest.images,
    files: manifest.files,
  });
  return { seen, plan, manifest };
}

/** The hardware gate: the same for the wizard and for an unattended installation. Throws (hardware). */
export function assertInstallable(findings: readonly Finding[], overrides: readonly string[]): void {
  const unknown = overrides.filter((id) => !findings.some((finding) => finding.id === id));
  const blocking = blockers(findings, overrides);
  if (blocking.length === 0) return;
  throw new AppError({
    kind: 'hardware',
    code: 'hardware.blocked',
    what: 'This machine cannot be installed as it is',
    got: blocking
      .map((finding) => `${finding.id}: ${finding.title}: ${finding.state}. ${finding.remedy ?? ''}`)
      .join('\n'),
    expected: `no blocking finding, or its id under overrides${unknown.length > 0 ? ` (there is no finding ${unknown.join(', ')})` : ''}`,
    next: 'qubeforge-install check',
  });
}

/** Looks again, right before the first write: is it still the same disk? Throws when not. */
export async function assertSameDisk(planned: Disk, args: Arguments, ports: Ports): Promise<void> {
  const { hardware } = await look(ports.machine, args.medium ?? ports.medium);
  const now = hardware.disks.find((disk) => disk.path === planned.path);
  const same =
    now !== undefined &&
    now.serial === planned.serial &&
    now.model === planned.model &&
    now.sizeBytes === planned.sizeBytes;
  if (same && !now.inUse) return;
  throw new AppError({
    kind: 'usage',
    code: 'disk.changed',
    what: `${planned.path} is not the disk any more that was chosen`,
    expected: `${planned.model}, ${planned.serial}, ${planned.sizeBytes} bytes, not in use`,
    got: now === undefined ? 'no such disk' : `${now.model}, ${now.serial}, ${now.sizeBytes} bytes`,
    next: 'qubeforge-install check',
  });
}
