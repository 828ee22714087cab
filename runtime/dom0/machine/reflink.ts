import { IMAGE_SUFFIX, parseVolumeName, volumeName } from '../model/volumes.ts';
import type { Machine } from '../../../core/machine.ts';
import type { Devices, Storage } from './storage.ts';
import type { VolumeId } from '../model/volumes.ts';

/** Volumes as files of a file system that shares blocks between copies (btrfs, XFS with reflinks). */
export function reflinkStorage({ run, files }: Pick<Machine, 'run' | 'files'>, directory: string): Storage {
  const path = (volume: VolumeId): string => `${directory}/${volumeName(volume)}${IMAGE_SUFFIX}`;
  const loopOf = async (volume: VolumeId): Promise<string | undefined> => {
    const { stdout } = await run({
      argv: ['losetup', '--noheadings', '--output', 'NAME', '-j', path(volume)],
    });
    const [device = ''] = stdout.trim().split('\n');
    return device === '' ? undefined : device;
  };
  const attach = async (volume: VolumeId): Promise<string> =>
    (await run({ argv: ['losetup', '--find', '--show', path(volume)] })).stdout.trim();
  const finish = async (volume: VolumeId): Promise<void> => {
    await run({ argv: ['sync', '--file-system', directory] });
    await files.rename(`${path(volume)}.tmp`, path(volume));
    await run({ argv: ['sync', directory] });
  };
  const close = async (volume: VolumeId): Promise<void> => {
    const device = await loopOf(volume);
    if (device !== undefined) await run({ argv: ['losetup', '--detach', device] });
  };
  return {
    look: async () => {
      const ids = (await files.list(directory)).flatMap((name) => {
        const id = name.endsWith(IMAGE_SUFFIX)
          ? parseVolumeName(name.slice(0, -IMAGE_SUFFIX.length))
          : undefined;
        return id === undefined ? [] : [id];
      });
      return {
        volumes: await Promise.all(ids.map(async (id) => ({ ...id, bytes: await files.size(path(id)) }))),
        pool: { data: await files.use(directory), metadata: undefined },
      };
    },
    create: async (volume, bytes) => {
      await files.remove(`${path(volume)}.tmp`);
      await files.extend(`${path(volume)}.tmp`, bytes);
      await finish(volume);
    },
    clone: async (from, volume) => {
      await run({ argv: ['cp', '--reflink=always', '--sparse=auto', path(from), `${path(volume)}.tmp`] });
      await finish(volume);
    },
    grow: (volume, bytes) => files.extend(path(volume), bytes),
    rename: async (volume, to) => {
      await close(volume);
      await files.rename(path(volume), path(to));
      await run({ argv: ['sync', directory] });
    },
    remove: async (volume) => {
      await close(volume);
      await files.remove(path(volume));
    },
    open: async <T extends readonly VolumeId[]>(volumes: readonly [...T]) => {
      const devices: string[] = [];
      for (const volume of volumes) devices.push((await loopOf(volume)) ?? (await attach(volume)));
      return devices as unknown as Devices<T>;
    },
    close,
  };
}
