import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BOOT, bootInstalled, COMMAND, login } from './installation.ts';
import { installedDisk, NETWORKED } from './installed-disk.ts';
import { buildMedium, type TestMedium } from './medium.ts';
import { temporaryDirectory } from './temporary.ts';
import type { Disk } from '../../builder/run/machine.ts';
import type { Machine } from './qemu.ts';

/** Milliseconds that a few qubes may take to start, one after the other. */
export const GUESTS = 3 * BOOT;

/** What a command printed, trimmed, and how it ended. */
export interface Shown {
  readonly output: string;
  readonly code: number;
}

/** The servers of the emulated network: 10.0.2.100 answers `hello` to a line on the ports 80 and 81. */
export interface Servers {
  /** The `-netdev` value of a network on which nothing but them can be reached. */
  readonly network: string;
  /** How many connections came to a port. */
  readonly connections: (port: number) => Promise<number>;
}

/** An installed machine that has started, and a root shell in its dom0. */
export interface QubesMachine extends AsyncDisposable {
  readonly machine: Machine;
  /** A command in dom0. */
  readonly dom0: (command: string, limit?: number) => Promise<Shown>;
  /** A command line for the shell of a qube, run by `qube run`. */
  readonly inside: (qube: string, command: string, user?: string) => Promise<Shown>;
}

/** QEMU starts a program for each connection; it leaves a line for each. */
export async function startServers(folder: string): Promise<Servers> {
  const place = await mkdtemp(join(folder, 'servers-'));
  const log = (port: number): string => join(place, `${port}.log`);
  const forwards = await Promise.all(
    [80, 81].map(async (port) => {
      await writeFile(log(port), '');
      const program = join(place, `${port}.sh`);
      await writeFile(program, `#!/bin/sh\necho >> '${log(port)}'\nread -r _\necho hello\n`);
      await chmod(program, 0o755);
      return `guestfwd=tcp:10.0.2.100:${port}-cmd:${program}`;
    }),
  );
  return {
    network: ['user', 'id=net0', 'restrict=on', ...forwards].join(','),
    connections: async (port) => (await readFile(log(port), 'utf8')).length,
  };
}

/** Boots an installed disk with a card on the network of `servers` and, if named, further disks, and logs in. */
export async function bootQubes(
  medium: TestMedium,
  disk: Disk,
  servers: Servers,
  disks: readonly Disk[] = [],
): Promise<QubesMachine> {
  const machine = await bootInstalled(medium, disk, {
    ...NETWORKED,
    networks: [servers.network],
    memoryMiB: 6144,
    disks,
  });
  await login(machine);
  const dom0 = async (command: string, limit = COMMAND): Promise<Shown> => {
    const { output, exitCode } = await machine.console.run(command, limit);
    return { output: output.trim(), code: exitCode };
  };
  return {
    machine,
    dom0,
    inside: (qube, command, user = 'user') =>
      dom0(`qube run ${qube} --user ${user} -- sh -c ${quoted(command)}`),
    [Symbol.asyncDispose]: () => machine.stop(),
  };
}

/** What tells why qubes did not start: what was said of them, who had the processor, and the end of their consoles. */
const ACCOUNT = `journalctl --boot --unit qubeforge-boot --no-pager --output cat; xl list
for qube in $(xl list | awk 'NR > 2 { print $1 }'); do echo "== $qube"; timeout 5 xl console $qube </dev/null | tail -n 15; done`;

/** An installed machine of its own, with the servers of its network. */
export interface Desk extends Pick<QubesMachine, 'dom0' | 'inside'>, AsyncDisposable {
  readonly servers: Servers;
  /** Waits until dom0 has started the qubes of the boot; what its unit ended with, and why if not with 0. */
  readonly booted: () => Promise<string>;
  /** Cuts the power and starts again. */
  readonly cutPower: () => Promise<void>;
}

/** Boots a copy of the shared installed disk, with `disks` besides. */
export async function startDesk(disks: readonly Disk[] = []): Promise<Desk> {
  const medium = await buildMedium();
  const folder = await temporaryDirectory();
  const servers = await startServers(folder.path);
  const disk = await (await installedDisk(medium, NETWORKED)).overlay(folder.path);
  let desk = await bootQubes(medium, disk, servers, disks);
  const unit = 'qubeforge-boot.service';
  return {
    servers,
    dom0: (...args) => desk.dom0(...args),
    inside: (...args) => desk.inside(...args),
    booted: async () => {
      const { output } = await desk.dom0(
        `systemctl start ${unit}; systemctl show --property ExecMainStatus ${unit}`,
        GUESTS,
      );
      return output.endsWith('=0') ? output : `${output}\n${(await desk.dom0(ACCOUNT)).output}`;
    },
    cutPower: async () => {
      await desk.machine.stop();
      desk = await bootQubes(medium, disk, servers, disks);
    },
    [Symbol.asyncDispose]: async () => {
      await desk[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      await medium[Symbol.asyncDispose]();
    },
  };
}

/** One word for a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Asks a server for its line, in a qube that has little but bash. */
export function request(port: number): string {
  const talk = `exec 3<>/dev/tcp/10.0.2.100/${port} && echo >&3 && head -n 1 <&3`;
  return `timeout 60 bash -c ${quoted(talk)}`;
}
