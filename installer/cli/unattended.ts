import { readText, type Source } from '../probe/source.ts';
import type { Arguments } from './args.ts';
import { install } from './install.ts';
import type { Ports } from '../ports.ts';

/** A volume with this label, or one named by `qubeforge.answers=LABEL` on the kernel's command line. */
const LABEL = 'QUBEFORGE_ANSWERS';
const MOUNTED = '/run/qubeforge/answers';

/**
 * The answers of a volume that was attached for an installation without questions: `answers.yaml`,
 * `secrets.yaml`, and `erase` with the serial number of the disk. Undefined when there is no such volume.
 */
export async function findUnattended(source: Source): Promise<string | undefined> {
  const commandLine = (await readText(source, '/proc/cmdline')) ?? '';
  const label = /(?:^|\s)qubeforge\.answers=([A-Za-z0-9_.-]+)/.exec(commandLine)?.[1] ?? LABEL;
  const device = `/dev/disk/by-label/${label}`;
  return (await source.real(device)) === undefined ? undefined : device;
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
