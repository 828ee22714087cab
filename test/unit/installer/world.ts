import { expect } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import type { Finished } from '../../../core/ports.ts';
import type { Secret } from '../../../core/secret.ts';
import { parseArguments } from '../../../installer/cli/args.ts';
import type { Ports } from '../../../installer/ports.ts';
import { main } from '../../../installer/cli/run.ts';
import { InstallLog } from '../../../installer/execute/log.ts';
import type { ExecutePorts } from '../../../installer/execute/ports.ts';
import { FILES } from './plans.ts';
import { SUMS } from './signed-medium.ts';
import { scripted, type Doing } from './scripted.ts';
import { fakeSource, type FakeMachine } from './machines.ts';

/**
 * A machine whose disks are arrays of bytes and whose commands are only written down. `doings`: what somebody who
 * sits at it answers.
 */
export function world(machine: FakeMachine, doings: readonly Doing[] = []) {
  const files = new Map<string, string>();
  const devices = new Map<string, Uint8Array>();
  const commands: string[] = [];
  const shown: string[] = [];
  const log: string[] = [];
  /** Mounted places and opened mappings: what a restart takes away. */
  const open = new Set<string>();
  /** Files that were written and not synced, as they were before. */
  const unsynced = new Map<string, string | undefined>();
  /** Files of the medium that were changed, and such that nobody listed. */
  const [damaged, strange] = [new Set<string>(), new Set<string>()];
  /** Looked at before each command: throws to fail it, or answers for it. */
  const hooks: { command?: (line: string, stdin: string) => string | undefined } = {};
  let out = '';
  const device = (path: string) => {
    const bytes = devices.get(path) ?? new Uint8Array(1024 * 1024);
    devices.set(path, bytes);
    return bytes;
  };
  const executor: ExecutePorts = {
    run: ({ argv, stdin }): Promise<Finished> => {
      const line = argv.join(' ');
      const stdout = hooks.command?.(line, typeof stdin === 'string' ? stdin : '') ?? answer(line);
      if (line.startsWith('mountpoint') || line.startsWith('test -b /dev/mapper')) {
        if (!open.has(argv.at(-1) ?? ''))
          throw new AppError({ kind: 'tool', code: 'tool.failed', what: 'not there' });
        return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
      }
      noteOpen(open, argv);
      if (line === 'sync') unsynced.clear();
      commands.push(line);
      return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
    },
    log: new InstallLog(
      (line) => log.push(line),
      () => 0,
    ),
    writeFile: (path, text) => {
      if (!unsynced.has(path)) unsynced.set(path, files.get(path));
      files.set(path, text);
      return Promise.resolve();
    },
    deploy: (image, to) => {
      hooks.command?.(`deploy ${image.name} ${to}`, '');
      commands.push(`deploy ${image.name} ${to}`);
      return Promise.resolve();
    },
    copy: (file, to) => {
      hooks.command?.(`copy ${file.path} ${to}`, '');
      commands.push(`copy ${file.path} ${to}`);
      return Promise.resolve();
    },
    readDevice: (path, offset, length) => Promise.resolve(device(path).slice(offset, offset + length)),
    writeDevice: (path, offset, bytes) => {
      hooks.command?.(`journal ${path}`, '');
      device(path).set(bytes, offset);
      commands.push(`journal ${path}`);
      return Promise.resolve();
    },
    showRecoveryKey: (key: Secret) => Promise.resolve(void shown.push(key.reveal())),
    random: (length) => new Uint8Array(length).fill(7),
  };
  let uuids = 0;
  const person = scripted(doings);
  const ports: Ports = {
    machine: fakeSource(machine),
    medium: '/medium',
    mediumKey: '/key.asc',
    mediumReader: (medium) => ({
      text: (path) => ports.readText(`${medium}/${path}`),
      digest: (path) =>
        Promise.resolve(
          damaged.has(path) ? 'd'.repeat(64) : [...FILES, SUMS_FILE].find((one) => one.path === path)?.sha256,
        ),
      list: () => Promise.resolve([...FILES.map(({ path }) => path), ...strange]),
    }),
    bundle: '/bundle.txt',
    out: (text) => (out += text),
    err: (text) => log.push(text),
    readText: (path) => {
      const text = files.get(path);
      if (text === undefined) {
        return Promise.reject(
          new AppError({ kind: 'usage', code: 'file.read', what: 'no file', where: path }),
        );
      }
      return Promise.resolve(text);
    },
    writeText: (path, text) => Promise.resolve(void files.set(path, text)),
    prompts: () => person.prompts,
    setKeyboard: () => Promise.resolve(true),
    console: 'screen',
    randomUuid: () => `${(uuids += 1).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
    executor: () => executor,
    exclusively: (work) => work(),
    interruptible: (work) => work(new AbortController().signal),
  };
  const type = async (...argv: string[]) => {
    out = '';
    const code = await main(parseArguments(argv), ports);
    return { code, out };
  };
  /** The machine starts again: nothing is mounted or open, and what was not synced is lost. */
  const restart = () => {
    open.clear();
    for (const [path, before] of unsynced) {
      if (before === undefined) files.delete(path);
      else files.set(path, before);
    }
    unsynced.clear();
    delete hooks.command;
  };
  return {
    restart,
    type,
    files,
    devices,
    commands,
    shown,
    log,
    hooks,
    ports,
    seen: person.seen,
    damaged,
    strange,
    output: () => out,
  };
}

const SUMS_FILE = { path: 'SHA256SUMS', sha256: SUMS };

/** Nothing that writes: no command ran, no byte of a device is set. */
export function expectUntouched(here: ReturnType<typeof world>): void {
  expect(here.commands).toEqual([]);
  for (const bytes of here.devices.values()) expect(bytes.every((byte) => byte === 0)).toBe(true);
}

/** Keeps track of mounts and mappings. */
function noteOpen(open: Set<string>, argv: readonly string[]): void {
  const last = argv.at(-1) ?? '';
  if (argv[0] === 'mount') open.add(last);
  if (argv[0] === 'umount') open.delete(last);
  if (argv[0] === 'cryptsetup' && argv[1] === 'open') open.add(`/dev/mapper/${last}`);
  if (argv[0] === 'cryptsetup' && argv[1] === 'close') open.delete(`/dev/mapper/${last}`);
}

/** What the commands that the plan checks would say on a sound machine. */
function answer(line: string): string {
  return REPLIES.find(([start]) => line.startsWith(start))?.[1](line) ?? '';
}

const REPLIES: readonly (readonly [string, (line: string) => string])[] = [
  ['sgdisk --verify', () => 'No problems found.'],
  ['blkid', () => ANY_BLKID],
  ['cryptsetup', () => `${ANY_BLKID} CRYPT-00000001 argon2id is active`],
  ['vgs', (line) => /qubeforge_[0-9a-f]{8}/.exec(line)?.[0] ?? ''],
  ['lvs', (line) => line.slice(line.lastIndexOf('/') + 1)],
  ['chroot /run/qubeforge/target lsinitramfs', () => 'cryptroot/crypttab usr/lib/modules'],
  [
    'chroot /run/qubeforge/target passwd --status',
    (line) => `${line.slice(line.lastIndexOf(' ') + 1)} P root L`,
  ],
  ['cat', () => 'multiboot2 dom0_mem='],
];

/** Every UUID that the numbered `randomUuid` gives in a test, and the FAT one. */
const ANY_BLKID = [
  ...Array.from(
    { length: 20 },
    (_, index) => `${(index + 1).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
  ),
  ...Array.from(
    { length: 20 },
    (_, index) => `0000-${(index + 1).toString(16).padStart(4, '0').toUpperCase()}`,
  ),
  'ext4',
].join(' ');
