import type { Image } from '../../../installer/medium/manifest.ts';
import { answersSchema, type AnswersInput } from '../../../installer/plan/answers.ts';
import { drawIdentity } from '../../../installer/plan/identity.ts';
import { makePlan } from '../../../installer/plan/plan.ts';
import type { PlanInput } from '../../../installer/plan/context.ts';
import type { Disk, Hardware } from '../../../installer/probe/model.ts';
import { probe } from '../../../installer/probe/probe.ts';
import { fakeSource, GOOD_XEN, type FakeMachine } from './machines.ts';

export const GIB = 2 ** 30;

export function image(name: string, kind: Image['kind'], size = 3 * GIB): Image {
  return {
    name,
    kind,
    path: kind === 'dom0' ? 'live/dom0.squashfs' : `images/${name}/root.img.zst`,
    sha256: 'a'.repeat(64),
    size: 400_000_000,
    'raw-size': size,
  };
}

export const IMAGES = [image('dom0', 'dom0'), image('debian-13', 'template')];

/** The template's kernel, beside its image. */
export const FILES = ['vmlinuz', 'initrd.img'].map((name) => ({
  path: `images/debian-13/${name}`,
  sha256: 'b'.repeat(64),
}));

export const ANSWERS: AnswersInput = { version: 1, disk: { serial: 'S4DISK' } };

export const DISK: Disk = {
  path: '/dev/nvme0n1',
  model: 'Samsung',
  serial: 'S4DISK',
  sizeBytes: 512_110_190_592,
  logicalSector: 512,
  transport: 'nvme',
  rotational: false,
  removable: false,
  readOnly: false,
  usbController: undefined,
  table: undefined,
  content: undefined,
  partitions: [],
  inUse: false,
  systems: [],
};

/** Identities by counting, so that plans can be compared. */
export function countedUuids(): () => string {
  let count = 0;
  return () => `${(count += 1).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

export async function planInput(
  change: {
    answers?: Partial<AnswersInput>;
    disk?: Partial<Disk>;
    hardware?: Partial<Hardware>;
    machine?: FakeMachine;
    images?: readonly Image[];
  } = {},
): Promise<PlanInput> {
  const hardware = await probe(fakeSource(change.machine ?? GOOD_XEN), undefined);
  return {
    answers: answersSchema.parse({ ...ANSWERS, ...change.answers }),
    disk: { ...DISK, ...change.disk },
    hardware: { ...hardware, ...change.hardware },
    identity: drawIdentity(countedUuids()),
    images: change.images ?? IMAGES,
    files: FILES,
  };
}

export async function planFor(change: Parameters<typeof planInput>[0] = {}) {
  return makePlan(await planInput(change));
}
