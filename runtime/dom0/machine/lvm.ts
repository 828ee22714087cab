import { AppError } from '../../../core/errors.ts';
import * as z from 'zod';
import { LVM_PREFIX as PREFIX, parseVolumeName, volumeName } from '../model/volumes.ts';
import type { Machine } from '../../../core/machine.ts';
import type { Devices, Storage } from './storage.ts';
import type { VolumeId } from '../model/volumes.ts';

const report = z.object({ report: z.tuple([z.object({ lv: z.array(z.record(z.string(), z.string())) })]) });

/** Volumes in an LVM thin pool: snapshots share blocks, removal hands them back. */
export function lvmStorage(
  { run, files }: Pick<Machine, 'run'> & { readonly files: Pick<Machine['files'], 'list'> },
  group: string,
  pool: string,
): Storage {
  const path = (volume: VolumeId): string => `${group}/${PREFIX}${volumeName(volume)}`;
  const lvm = async (...argv: [string, ...string[]]): Promise<string> =>
    (await run({ argv, env: { LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1' } })).stdout;
  const fields = 'lv_name,lv_size,pool_lv,data_percent,metadata_percent';
  return {
    look: async () => {
      const format = ['--reportformat', 'json', '--units', 'b', '--nosuffix'];
      const rows = parseReport(await lvm('lvs', ...format, '-o', fields, group));
      const use = rows.find((row) => row['lv_name'] === pool);
      const volumes = rows.flatMap((row) => {
        const name = row['lv_name'] ?? '';
        const id = name.startsWith(PREFIX) ? parseVolumeName(name.slice(PREFIX.length)) : undefined;
        return id === undefined || row['pool_lv'] !== pool ? [] : [{ ...id, bytes: Number(row['lv_size']) }];
      });
      return {
        volumes,
        pool: { data: Number(use?.['data_percent']), metadata: Number(use?.['metadata_percent']) },
      };
    },
    create: async (volume, bytes) => {
      const name = PREFIX + volumeName(volume);
      await lvm('lvcreate', '-q', '-y', '-V', `${bytes}b`, '-T', `${group}/${pool}`, '-n', name);
    },
    clone: async (from, volume) => {
      await lvm('lvcreate', '-q', '-y', '-kn', '-s', path(from), '-n', PREFIX + volumeName(volume));
    },
    grow: async (volume, bytes) => {
      await lvm('lvextend', '-q', '-L', `${bytes}b`, path(volume));
    },
    rename: async (volume, to) => {
      await lvm('lvrename', '-q', path(volume), path(to));
    },
    remove: async (volume) => {
      await lvm('lvremove', '-q', '-f', path(volume));
    },
    open: async <T extends readonly VolumeId[]>(volumes: readonly [...T]) => {
      // Those just made are active, and each command of LVM makes a start wait.
      const active = new Set(await files.list(`/dev/${group}`));
      const others = volumes.filter((volume) => !active.has(PREFIX + volumeName(volume))).map(path);
      if (others.length > 0) await lvm('lvchange', '-q', '-ay', '-K', ...others);
      return volumes.map((volume) => `/dev/${path(volume)}`) as unknown as Devices<T>;
    },
    close: () => Promise.resolve(),
  };
}

/** The rows of `lvs --reportformat json` (lvmreport(7)). */
export function parseReport(text: string): readonly Record<string, string>[] {
  try {
    return report.parse(JSON.parse(text)).report[0].lv;
  } catch (cause) {
    throw new AppError({
      kind: 'tool',
      code: 'lvm.report',
      what: 'lvs printed something else than its report',
      got: text.slice(0, 200),
      next: 'lvs --reportformat json',
      cause,
    });
  }
}
