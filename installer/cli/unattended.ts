import { readText, type Source } from '../probe/source.ts';
import type { Arguments } from './args.ts';
import { install } from './install.ts';
import type { Ports } from '../ports.ts';

/**
 * Names of the volume. The long one fits GPT partitions and most file systems, but ext4 takes 16 characters
 * and FAT 11: for these is the short one. `qubeforge.answers=NAME` on the kernel's command line names another.
 */
const NAMES = ['QUBEFORGE_ANSWERS', 'QF_ANSWERS'];
const MOUNTED = '/run/qubeforge/answers';

/**
 * The answers of a volume that was attached for an installation without questions: `answers.yaml`,
 * `secrets.yaml`, and `erase` with the serial number of the disk. Undefined when there is no such volume.
 */
export async function findUnattended(source: Source): Promise<string | undefined> {
  const commandLine = (await readText(source, '/proc/cmdline')) ?? '';
  const named = /(?:^|\s)qubeforge\.answers=([A-Za-z0-9_.-]+)/.exec(commandLine)?.[1];
  const names = named === undefined ? NAMES : [named];
  for (const device of names.flatMap((name) => [
    `/dev/disk/by-label/${name}`,
    `/dev/disk/by-partlabel/${name}`,
  ])) {
    if ((await source.real(device)) !== undefined) return device;
  }
  return undefined;
}

/** Installs by the answers on a volume, which is mounted for reading only. */
export async function installUnattended(args: Arguments, ports: Ports, device: string): Promise<number> {
  const { run } = ports.executor(args.medium ?? ports.medium);
  await run({ argv: ['mkdir', '-p', MOUNTED] });
  await run({ argv: ['mount', '-o', 'ro', device, MOUNTED] });
  try {
    const erase = (await ports.readText(`${MOUNTED}/erase`)).trim();
    return await install(
      {
        ...args,
        command: 'install',
        answers: `${MOUNTED}/answers.yaml`,
        secrets: `${MOUNTED}/secrets.yaml`,
        erase,
      },
      ports,
    );
  } finally {
    await run({ argv: ['umount', MOUNTED] });
  }
}
