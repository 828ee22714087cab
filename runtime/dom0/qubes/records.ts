import * as z from 'zod';
import { PATHS } from '../machine/paths.ts';
import { QUBE_NAME } from '../model/schema.ts';
import type { Machine } from '../../../core/machine.ts';
import type { Numbers } from '../model/addresses.ts';

const record = z.object({
  domid: z.number(),
  network: z.object({ netvm: z.string(), domid: z.number() }).optional(),
  firewall: z.string().optional(),
  parent: z.string().optional(),
  settings: z.string().optional(),
  /** The guest said that it can be used, and its channel is open. */
  ready: z.boolean().optional(),
  /** Somebody started it and nobody stopped it. */
  wanted: z.boolean().optional(),
  /** How often it was started again after it had died. */
  revivals: z.number().optional(),
});

/** What dom0 wrote down about a domain that it started. On a tmpfs, so it speaks of this boot only. */
export type DomainRecord = z.output<typeof record>;

const numbers = z.record(z.string(), z.number());

type Disk = Pick<Machine, 'files'>;

/** The records of every qube that was started since dom0 booted. */
export async function readRecords({ files }: Disk): Promise<ReadonlyMap<string, DomainRecord>> {
  const names = (await files.list(PATHS.domains)).filter((name) => name.endsWith('.json'));
  const entries = await Promise.all(
    names.map(async (file) => {
      const parsed = record.safeParse(parseJson((await files.read(`${PATHS.domains}/${file}`)) ?? ''));
      return parsed.success ? [[file.slice(0, -'.json'.length), parsed.data] as const] : [];
    }),
  );
  return new Map(entries.flat().filter(([name]) => QUBE_NAME.test(name)));
}

/** Changes some fields of a record; those set to undefined go. */
export async function updateRecord(
  disk: Disk,
  name: string,
  change: { readonly [K in keyof DomainRecord]?: DomainRecord[K] | undefined },
): Promise<void> {
  const former = (await readRecords(disk)).get(name) ?? { domid: 0 };
  await disk.files.write(`${PATHS.domains}/${name}.json`, JSON.stringify({ ...former, ...change }));
}

/** Notes that a qube no longer runs; of a qube that is not in the file nothing is kept. */
export async function closeRecord(disk: Disk, name: string, declared: boolean): Promise<void> {
  if (!(await readRecords(disk)).has(name)) return;
  if (declared)
    await updateRecord(disk, name, { domid: 0, network: undefined, firewall: undefined, ready: undefined });
  else await disk.files.remove(`${PATHS.domains}/${name}.json`);
}

export async function readNumbers({ files }: Disk): Promise<Numbers> {
  const parsed = numbers.safeParse(parseJson((await files.read(PATHS.numbers)) ?? '{}'));
  return parsed.success ? parsed.data : {};
}

export async function writeNumbers({ files }: Disk, all: Numbers): Promise<void> {
  await files.write(PATHS.numbers, `${JSON.stringify(all, null, 2)}\n`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Notes that a qube is meant to run, with a clean slate. */
export async function markWanted(disk: Disk, name: string): Promise<void> {
  await updateRecord(disk, name, { wanted: true, revivals: 0 });
}

/** Notes that a qube was stopped on purpose; a qube that was never started stays without a record. */
export async function markStopped(disk: Disk, name: string): Promise<void> {
  if ((await readRecords(disk)).has(name)) await updateRecord(disk, name, { wanted: false });
}
