import { readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { AppError } from '../core/errors.ts';
import { mapArguments, sandboxMap, subordinateRange, type IdRange } from '../builder/sandbox/ids.ts';
import { isErrno } from './files.ts';
import { $ } from './shell.ts';

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/** How ids inside of a sandbox map to those of the host. */
export interface Maps {
  readonly uid: IdRange[];
  readonly gid: IdRange[];
}

/** The maps for whoever runs this process. */
export async function idMaps(): Promise<Maps> {
  const user = userInfo();
  const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const map = async (file: '/etc/subuid' | '/etc/subgid', id: number): Promise<IdRange[]> =>
    sandboxMap(
      { name: user.username, id },
      subordinateRange(await read(file), { name: user.username, id: user.uid }),
      file,
    );
  return {
    uid: await map('/etc/subuid', user.uid),
    gid: await map('/etc/subgid', user.uid === 0 ? 0 : user.gid),
  };
}

/** A process that keeps a user namespace with our id maps open until it is disposed of. */
export async function holdNamespace(maps: Maps): Promise<AsyncDisposable & { readonly pid: number }> {
  const holder = $({
    quiet: true,
    nothrow: true,
    env: { PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
  })`unshare --user sh -c ${'echo ready; read -r _'}`;
  const release = async (): Promise<void> => {
    holder.stdin.end();
    await holder;
  };
  const ready = await new Promise<boolean>((resolve) => {
    holder.stdout.once('data', () => {
      resolve(true);
    });
    void holder.then(() => {
      resolve(false);
    });
  });
  const pid = holder.pid;
  if (!ready || pid === undefined) throw namespaceRefused((await holder).stderr);
  try {
    await writeMaps(pid, maps);
  } catch (error) {
    await release();
    throw error;
  }
  return { pid, [Symbol.asyncDispose]: release };
}

async function writeMaps(pid: number, maps: Maps): Promise<void> {
  if (process.getuid?.() === 0) {
    await writeFile(`/proc/${String(pid)}/uid_map`, `${mapArguments(maps.uid).join(' ')}\n`);
    await writeFile(`/proc/${String(pid)}/gid_map`, `${mapArguments(maps.gid).join(' ')}\n`);
    return;
  }
  for (const [tool, map] of [
    ['newuidmap', maps.uid],
    ['newgidmap', maps.gid],
  ] as const) {
    const done = await $({ quiet: true, nothrow: true })`${tool} ${pid} ${mapArguments(map)}`;
    if (done.exitCode !== 0) {
      throw new AppError({
        kind: 'tool',
        code: 'sandbox.id-map',
        what: `${tool} could not map the subordinate ids of this user`,
        where: `${tool} ${String(pid)} ${mapArguments(map).join(' ')}`,
        got: done.stderr.trim(),
        next: 'qubeforge doctor',
      });
    }
  }
}

function namespaceRefused(stderr: string): AppError {
  return new AppError({
    kind: 'tool',
    code: 'sandbox.no-user-namespace',
    what: 'this kernel does not let this user make a user namespace',
    where: 'unshare --user',
    got: stderr.trim(),
    next: 'qubeforge doctor',
  });
}

/** Removes a tree in which files may belong to subordinate ids of this user, who could not remove them as himself. */
export async function removeMapped(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isErrno(error, 'EACCES') && !isErrno(error, 'EPERM')) throw error;
    await using holder = await holdNamespace(await idMaps());
    const enter = ['nsenter', `--user=/proc/${String(holder.pid)}/ns/user`, '--setuid', '0', '--setgid', '0'];
    await $({ quiet: true, env: { PATH } })`${enter} rm -rf -- ${path}`;
  }
}
