import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from '../../edge/runner.ts';
import type { Disk, DirectKernel, Iommu, QemuTools } from '../../builder/run/machine.ts';
import { programIn, QEMU_ENVIRONMENT, qemuArgv, uefiVariablesTemplate } from '../../builder/run/machine.ts';
import { Channel } from './channel.ts';

export interface StartOptions {
  readonly tools: QemuTools;
  readonly disks: readonly Disk[];
  readonly uefi?: boolean;
  readonly iommu?: Iommu;
  /** For example `-svm`. */
  readonly features?: readonly string[];
  readonly memoryMiB?: number;
  /** Default 1, which is the stable choice for Xen. */
  readonly processors?: number;
  readonly kernel?: DirectKernel;
  /** Further `-device` values, for example `e1000e,netdev=…` or `qemu-xhci`. */
  readonly devices?: readonly string[];
  /** `-netdev` values, for example `user,id=net0,restrict=on`. */
  readonly networks?: readonly string[];
  /** Further lines that end every wait; the default is `FATAL`. */
  readonly fatal?: readonly RegExp[];
}

/** A running machine. Always `stop()` it, best with `await using`. */
export interface Machine extends AsyncDisposable {
  /** `ttyS0`, `com1`: firmware, GRUB, Xen and kernels. Typing is slow here, and long lines may lose characters under Xen. */
  readonly serial: Channel;
  /** `hvc0`, in dom0 `hvc1`: quick and lossless. Nobody listens until the system in the machine opens it. */
  readonly console: Channel;
  /** A command of QEMU's monitor (`info block`, `system_powerdown` …); returns what it prints. */
  monitor(command: string): Promise<string>;
  /** Saves the running machine in its state disk (about 4 s for 4 GiB under Xen). */
  snapshot(name: string): Promise<void>;
  /** Goes back to a saved state; waits on both channels see only what is printed from then on. */
  restore(name: string): Promise<void>;
  /** Milliseconds since QEMU started. */
  readonly age: () => number;
  /** Resolves with QEMU's exit code once it ended by itself (power off, or reset, as `-no-reboot` is set). */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** How fast a UART takes what is typed: 8 characters, then 30 ms. */
const SERIAL_PACE = { size: 8, pause: 30 };

/** Starts a machine under emulation (the same everywhere, unlike KVM) and drives it over its serial port and a virtio console. */
export async function start(options: StartOptions): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'qf-vm-'));
  const links = await Promise.all(['serial', 'console', 'control'].map((name) => listen(join(folder, name))));
  const [serialLink, consoleLink, controlLink] = links as [Link, Link, Link];
  const { state, uefi } = await prepareState(options, folder);
  const argv = qemuArgv(options.tools, {
    memoryMiB: options.memoryMiB ?? 4096,
    acceleration: 'tcg',
    processors: options.processors ?? 1,
    iommu: options.iommu ?? 'none',
    disks: [...options.disks, state],
    serial: `socket,path=${serialLink.path},server=off`,
    console: `socket,path=${consoleLink.path},server=off`,
    control: `socket,path=${controlLink.path},server=off`,
    ...(uefi === undefined ? {} : { uefi }),
    ...(options.kernel === undefined ? {} : { kernel: options.kernel }),
    ...(options.features === undefined ? {} : { features: options.features }),
    ...(options.devices === undefined ? {} : { devices: options.devices }),
    ...(options.networks === undefined ? {} : { networks: options.networks }),
  });
  const started = Date.now();
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    env: { ...process.env, ...QEMU_ENVIRONMENT },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = whenEnded(child);
  const connected = Promise.all(links.map((link) => link.socket));
  const sockets = await Promise.race([
    connected,
    ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ]);
  const [serialSocket, consoleSocket, controlSocket] = sockets as [Socket, Socket, Socket];
  const fatal = options.fatal === undefined ? {} : { fatal: options.fatal };
  const serial = new Channel('serial', serialSocket, { pace: SERIAL_PACE, ...fatal });
  const console = new Channel('console', consoleSocket, fatal);
  const control = new Control(controlSocket);
  void ended.then(({ code, stderr }) => {
    const error = new Error(`QEMU ended with exit code ${code} ${stderr}`.trim());
    [serial, console].forEach((channel) => {
      channel.fail(error);
    });
  });
  await control.execute('qmp_capabilities');
  keep(folder, { serial: serialSocket, console: consoleSocket });

  const monitor = async (command: string): Promise<string> =>
    String(await control.execute('human-monitor-command', { 'command-line': command }));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    links.forEach((link) => link.server.close());
    await rm(folder, { recursive: true, force: true });
  };
  return {
    serial,
    console,
    monitor,
    snapshot: async (name) => {
      mustBeSilent(await monitor(`savevm ${name}`), `savevm ${name}`);
    },
    restore: async (name) => {
      mustBeSilent(await monitor(`loadvm ${name}`), `loadvm ${name}`);
      await monitor('cont');
      serial.revive();
      console.revive();
    },
    age: () => Date.now() - started,
    ended: ended.then(({ code }) => code),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Brings a machine to where it is wanted; one that does not get there is stopped, not left running. */
export async function bring(machine: Machine, work: () => Promise<void>): Promise<Machine> {
  try {
    await work();
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** An empty qcow2 disk of `size` (QEMU's syntax, such as `20G`); files of it grow as they are written. */
export async function createDisk(tools: QemuTools, path: string, size: string): Promise<void> {
  await run({ argv: [...programIn(tools, 'qemu-img'), 'create', '-q', '-f', 'qcow2', path, size] });
}

/** A qcow2 disk that reads from `backing` and keeps what is written for itself. */
export async function createOverlay(tools: QemuTools, path: string, backing: Disk): Promise<void> {
  const options = ['-f', 'qcow2', '-F', backing.format, '-b', backing.path];
  await run({ argv: [...programIn(tools, 'qemu-img'), 'create', '-q', ...options, path] });
}

/** Writes what a machine prints to files in `QUBEFORGE_TEST_TRANSCRIPTS`, as it comes: for whoever wants to watch, or to see why a test failed. */
function keep(folder: string, sockets: Readonly<Record<string, Socket>>): void {
  const directory = process.env['QUBEFORGE_TEST_TRANSCRIPTS'];
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  for (const [name, socket] of Object.entries(sockets)) {
    const path = join(directory, `${basename(folder)}.${name}.log`);
    socket.on('data', (chunk: Buffer) => {
      appendFileSync(path, chunk);
    });
  }
}

interface Prepared {
  readonly state: Disk;
  readonly uefi?: { readonly path: string; readonly format: 'qcow2' };
}

/** The state disk is where `savevm` writes (the machine does not see it); UEFI's variables must be qcow2 too, else QEMU refuses to save. */
async function prepareState(options: StartOptions, folder: string): Promise<Prepared> {
  const state: Disk = { path: join(folder, 'state.qcow2'), format: 'qcow2', bus: 'none' };
  await createDisk(options.tools, state.path, '1M');
  if (options.uefi !== true) return { state };
  const raw = join(folder, 'vars.fd');
  const path = join(folder, 'vars.qcow2');
  await copyFile(uefiVariablesTemplate(options.tools), raw);
  const convert = ['convert', '-q', '-f', 'raw', '-O', 'qcow2', raw, path];
  await run({ argv: [...programIn(options.tools, 'qemu-img'), ...convert] });
  return { state, uefi: { path, format: 'qcow2' } };
}

interface Link {
  readonly path: string;
  readonly server: Server;
  readonly socket: Promise<Socket>;
}

/** We listen and QEMU connects, so that not one early character is lost. */
async function listen(path: string): Promise<Link> {
  const server = createServer();
  const socket = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, server, socket };
}

function whenEnded(child: ChildProcess): Promise<{ readonly code: number; readonly stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      resolve({ code: -1, stderr: error.message });
    });
    child.on('close', (code) => {
      resolve({ code: code ?? -1, stderr });
    });
  });
}

function mustBeSilent(output: string, command: string): void {
  if (output.trim() !== '') throw new Error(`${command}: ${output.trim()}`);
}

/** QEMU's machine protocol: one JSON object a line, answers in order. */
class Control {
  readonly #socket: Socket;
  readonly #pending: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #rest = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString()).split('\n');
      this.#rest = lines.pop() ?? '';
      lines
        .filter((line) => line.trim() !== '')
        .forEach((line) => {
          this.#answer(JSON.parse(line) as { return?: unknown; error?: { desc: string } });
        });
    });
    const closed = (): void => {
      for (const waiting of this.#pending.splice(0)) waiting.reject(new Error('QEMU ended'));
    };
    socket.on('close', closed);
    socket.on('error', closed);
  }

  execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
  }

  #answer(message: { return?: unknown; error?: { desc: string } }): void {
    if (message.error !== undefined) this.#pending.shift()?.reject(new Error(message.error.desc));
    else if ('return' in message) this.#pending.shift()?.resolve(message.return);
  }
}
