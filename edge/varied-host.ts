import { chmod, chown, copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { constants, existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../builder/sandbox/script.ts';

/**
 * Another machine, as far as one machine can look like two: used to run a build a second time. For root it has
 * its own user with subordinate ids, its own /etc and host name, and no programs but those that a build needs.
 */
export interface VariedHost {
  /** What to run: a build's arguments follow. */
  readonly argv: readonly string[];
  /** User of the run, for people. */
  readonly user: string;
  readonly isOtherUser: boolean;
  /** Programs that the run can see; undefined when it sees those of this machine. */
  readonly tools: readonly string[] | undefined;
}

export interface VariedHostRequest {
  /** An empty directory that everybody may enter. */
  readonly directory: string;
  readonly umask: string;
  /** Processors that the run may use, as taskset(1) takes them. */
  readonly processors: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** All that a build asks of a host besides Node (util-linux, and newuidmap when it is not root). */
const NEEDED = ['sh', 'env', 'mkdir', 'ln', 'mount', 'umount', 'pivot_root', 'unshare', 'nsenter', 'setpriv'];
const ID_TOOLS = ['newuidmap', 'newgidmap'];
const OPTIONAL = ['taskset'];

const TOOL_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Files of /etc that programs need to start and to know their user. */
const ETC = ['ld.so.cache', 'ld.so.conf', 'nsswitch.conf', 'login.defs'];

/** A user nobody has, with ids that nobody hands out. */
export const VARIED_USER = { name: 'qubeforge-reproduce', id: 64990, first: 0x71000000, count: 65536 };

/** Prepares the other host in a directory. Nothing of this machine is changed: it is all in a mount namespace. */
export async function variedHost(request: VariedHostRequest): Promise<VariedHost> {
  const isRoot = process.getuid?.() === 0;
  const limits = find('taskset') === undefined ? [] : ['taskset', '--cpu-list', request.processors];
  const environment = Object.entries({ ...request.environment, PATH }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const start = `umask ${request.umask}; exec "$@"`;
  if (!isRoot || ID_TOOLS.some((tool) => find(tool) === undefined)) {
    const argv = ['sh', '-euc', start, 'varied', ...limits, 'env', '-i', ...environment, process.execPath];
    return { argv, user: `the same (${String(process.getuid?.())})`, isOtherUser: false, tools: undefined };
  }
  const tools = [...NEEDED, ...ID_TOOLS, ...OPTIONAL].flatMap((name) => {
    const path = find(name);
    return path === undefined ? [] : [{ name, path }];
  });
  await makeEtc(join(request.directory, 'etc'));
  await makeBin(
    join(request.directory, 'bin'),
    tools.map(({ name }) => name),
  );
  const { name, id } = VARIED_USER;
  const user = ['setpriv', '--reuid', String(id), '--regid', String(id), '--clear-groups'];
  const argv = [
    ...['unshare', '--mount', '--uts', 'sh', '-euc', enterScript(request.directory, tools, start), 'varied'],
    ...[...limits, ...user, 'env', '-i', ...environment, 'node'],
  ];
  const seen = [...tools.map((tool) => tool.name), 'node'].sort();
  return { argv, user: `${name} (${String(id)})`, isOtherUser: true, tools: seen };
}

function find(tool: string): string | undefined {
  return TOOL_DIRECTORIES.map((directory) => join(directory, tool)).find((path) => existsSync(path));
}

async function makeEtc(directory: string): Promise<void> {
  const { name, id, first, count } = VARIED_USER;
  await mkdir(directory);
  const accounts: Record<string, string> = {
    passwd: `root:x:0:0:root:/root:/bin/sh\n${name}:x:${String(id)}:${String(id)}::/nonexistent:/bin/sh\n`,
    group: `root:x:0:\n${name}:x:${String(id)}:\n`,
    subuid: `${name}:${String(first)}:${String(count)}\n`,
    subgid: `${name}:${String(first)}:${String(count)}\n`,
  };
  for (const [file, text] of Object.entries(accounts)) await writeFile(join(directory, file), text);
  for (const file of ETC)
    if (existsSync(`/etc/${file}`)) await copyFile(`/etc/${file}`, join(directory, file));
  if (existsSync('/etc/ld.so.conf.d')) await symlink('/nonexistent', join(directory, 'ld.so.conf.d'));
}

/** Empty files, over which the mount namespace binds the programs themselves. */
async function makeBin(directory: string, tools: readonly string[]): Promise<void> {
  await mkdir(directory);
  for (const name of [...tools, 'node']) await writeFile(join(directory, name), '');
}

function enterScript(
  directory: string,
  tools: readonly { readonly name: string; readonly path: string }[],
  start: string,
): string {
  const bin = join(directory, 'bin');
  const bind = (source: string, target: string): string =>
    `mount --rbind ${shellQuote(source)} ${shellQuote(target)}`;
  const covered = TOOL_DIRECTORIES.filter((path) => existsSync(path) && lstatSync(path).isDirectory());
  return [
    'mount --make-rprivate /',
    ...tools.map(({ name, path }) => bind(path, join(bin, name))),
    bind(process.execPath, join(bin, 'node')),
    bind(join(directory, 'etc'), '/etc'),
    'echo varied >/proc/sys/kernel/hostname',
    ...covered.map((path) => bind(bin, path)),
    start,
  ].join('\n');
}

/** Gives a directory with all that is in it to the user of the run. */
export async function giveToVariedUser(path: string): Promise<void> {
  const { id } = VARIED_USER;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) await giveToVariedUser(below);
    else if (!entry.isSymbolicLink()) await chown(below, id, id);
  }
  await chown(path, id, id);
  await chmod(path, 0o755);
}

export const COPY_FLAGS = constants.COPYFILE_FICLONE;
