import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import { arch, freemem, platform, totalmem, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { describeError } from '../core/errors.ts';
import type { Command, Runner } from '../core/ports.ts';
import { subordinateRange, SANDBOX_IDS } from '../builder/sandbox/ids.ts';
import { ID_TOOLS, SANDBOX_TOOLS, SETTINGS, type HostFacts, type Trial } from '../builder/doctor/facts.ts';

const TOOL_DIRECTORIES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const PATH = TOOL_DIRECTORIES.join(':');

/** Looks at the machine. `cache` is the directory whose disk counts; it need not exist. Never throws. */
export async function hostFacts(run: Runner, cache: string): Promise<HostFacts> {
  const { username: name, uid: id } = userInfo();
  const user = { name, id };
  const subordinate = { uid: await text('/etc/subuid'), gid: await text('/etc/subgid') };
  return {
    platform: platform(),
    architecture: arch(),
    nodeVersion: process.versions.node,
    distribution: parseOsRelease(await text('/etc/os-release')),
    user,
    settings: await kernelSettings(),
    tools: await presentTools([...SANDBOX_TOOLS, ...ID_TOOLS]),
    namespaces: await tryNamespaces(run),
    subordinate,
    idMap: id === 0 ? undefined : await tryIdMap(run, user, subordinate),
    disk: await freeDisk(cache),
    memory: await memory(),
    openFiles: openFiles(await text('/proc/self/limits')),
  };
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** os-release(5): shell-like assignments. */
export function parseOsRelease(content: string): Record<string, string> {
  const pairs = content.split('\n').flatMap((line) => {
    const match = /^([A-Z0-9_]+)=(["']?)(.*)\2$/.exec(line.trim());
    return match?.[1] === undefined ? [] : [[match[1], match[3] ?? ''] as const];
  });
  return Object.fromEntries(pairs);
}

async function kernelSettings(): Promise<Record<string, string | undefined>> {
  const entries = SETTINGS.map(async (name) => {
    const value = (await text(join('/proc/sys', name))).trim();
    return [name, value === '' ? undefined : value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function presentTools(names: readonly string[]): Promise<Set<string>> {
  const isThere = async (name: string): Promise<boolean> => {
    for (const directory of TOOL_DIRECTORIES) {
      const found = await access(join(directory, name), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return true;
    }
    return false;
  };
  const found = await Promise.all(names.map(async (name) => ((await isThere(name)) ? [name] : [])));
  return new Set(found.flat());
}

const TRIAL_TIMEOUT = 20_000;

function tryNamespaces(run: Runner): Promise<Trial> {
  const script = 'mount --make-rprivate / && mount -t tmpfs trial /mnt && mkdir /mnt/d';
  const flags = [
    '--user',
    '--map-root-user',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--net',
    '--ipc',
    '--uts',
  ];
  return attempt(run, ['unshare', ...flags, 'sh', '-euc', script]);
}

/** A namespace that waits, and both maps written into it as the sandbox does. */
function tryIdMap(
  run: Runner,
  user: HostFacts['user'],
  subordinate: HostFacts['subordinate'],
): Promise<Trial> {
  const uids = subordinateRange(subordinate.uid, user);
  const gids = subordinateRange(subordinate.gid, user);
  if (uids === undefined || gids === undefined)
    return Promise.resolve({ works: false, said: 'no ids reserved' });
  const { gid } = userInfo();
  const script = [
    'own=$(readlink /proc/self/ns/user)',
    'unshare --user sleep 15 & holder=$!',
    'trap "kill $holder" EXIT',
    'until [ "$(readlink /proc/$holder/ns/user)" != "$own" ]; do kill -0 $holder; done',
    `newuidmap $holder 0 ${user.id} 1 1 ${uids.start} ${SANDBOX_IDS - 1}`,
    `newgidmap $holder 0 ${gid} 1 1 ${gids.start} ${SANDBOX_IDS - 1}`,
  ];
  return attempt(run, ['sh', '-euc', script.join('\n')]);
}

async function attempt(run: Runner, argv: Command['argv']): Promise<Trial> {
  try {
    await run({ argv, env: { PATH }, timeout: TRIAL_TIMEOUT });
    return { works: true, said: '' };
  } catch (error) {
    const said = error instanceof Error && 'got' in error ? String(error.got) : describeError(error);
    const lines = said.split('\n').filter((line) => line !== '' && !line.startsWith('exit code'));
    return { works: false, said: lines.slice(-2).join('; ') };
  }
}

async function freeDisk(wanted: string): Promise<HostFacts['disk']> {
  let path = wanted;
  for (;;) {
    const stats = await statfs(path).catch(() => undefined);
    if (stats !== undefined) return { path, free: stats.bavail * stats.bsize };
    const parent = dirname(path);
    if (parent === path) return { path, free: 0 };
    path = parent;
  }
}

async function memory(): Promise<HostFacts['memory']> {
  return { total: totalmem(), available: await availableMemory() };
}

/** Bytes. MemAvailable of proc(5) counts what caches would give back; free memory alone says too little. */
export async function availableMemory(): Promise<number> {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(await text('/proc/meminfo'))?.[1];
  return kib === undefined ? freemem() : Number(kib) * 1024;
}

function openFiles(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
