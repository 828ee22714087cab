import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ProcessPromise } from 'zx/core';
import { $ } from './shell.ts';
import { AppError } from '../core/errors.ts';
import { SANDBOX_ENV, type Sandbox, type SandboxJob } from '../builder/sandbox/job.ts';
import { bindCommands, enterCommands, type Bind } from '../builder/sandbox/script.ts';
import { temporaryPath } from './files.ts';
import { holdNamespace, idMaps, type Maps } from './id-namespace.ts';
import { mountFlags } from './mount-flags.ts';
import { uniqueTag } from './process-identity.ts';

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const TAIL_LINES = 25;

/** A base for the sandbox's mounts: covered by a file system of its own, so nothing is written to it. */
const BASES = ['/mnt', '/media', '/srv', '/opt', '/home'];

/**
 * Sandboxes made of user, mount, pid, network, ipc and uts namespaces (namespaces(7)) with util-linux alone.
 * `scratch` is a host directory for the few small files a job is given. `failed`, on the same file system: where
 * what a failed job was given and had made is kept for a look inside.
 */
export function namespaceSandbox(scratch: string, failed?: string): Sandbox {
  return async (asked) => {
    const job = failed === undefined ? asked : packingWhenFailed(asked);
    const maps = await idMaps();
    // Named so that the next run sweeps it when this one is killed.
    const jobDir = temporaryPath(scratch, 'job');
    await mkdir(jobDir, { recursive: true });
    try {
      await writeJob(jobDir, job);
      if (job.out !== undefined) await prepareOut(job.out, maps);
      if (job.work !== undefined) await prepareOut(job.work, maps);
      await using holder = await holdNamespace(maps);
      return await start(holder.pid, jobDir, job);
    } catch (error) {
      if (failed === undefined || !(error instanceof AppError) || error.code !== 'sandbox.failed')
        throw error;
      throw await keep(failed, jobDir, job, error);
    } finally {
      await rm(jobDir, { recursive: true, force: true });
    }
  };
}

async function writeJob(directory: string, job: SandboxJob): Promise<void> {
  const files = { ...job.files, 'main.sh': job.script };
  const { chmod } = await import('node:fs/promises');
  await chmod(directory, 0o755);
  await Promise.all(
    Object.entries(files).map(([name, content]) =>
      writeFile(join(directory, name), content, { mode: 0o644 }),
    ),
  );
}

/** A job whose tree in memory is packed for whoever wants to look at it after a failure. */
function packingWhenFailed(job: SandboxJob): SandboxJob {
  if (job.out === undefined) return job;
  const files = { ...job.files, 'failing.sh': job.script };
  const pack = 'tar --one-file-system -C /build -c -f /out/build.tar .';
  return {
    ...job,
    files,
    script: `/bin/sh -eu /job/failing.sh || { status=$?; ${pack} >&2; exit $status; }`,
  };
}

/** Moves what a failed job leaves out of the way of those who tidy up, and says where to. */
async function keep(failed: string, jobDir: string, job: SandboxJob, error: AppError): Promise<AppError> {
  const place = join(failed, uniqueTag());
  await mkdir(place, { recursive: true });
  await rename(jobDir, join(place, 'job'));
  if (job.out !== undefined) await rename(job.out, join(place, 'out'));
  const { kind, code, message: what, expected, got } = error;
  const next = `look at ${place} (job: what it was given; out: its results, and build.tar: its tree), then remove it`;
  return new AppError({ kind, code, what, where: place, expected, got, next, cause: error });
}

async function prepareOut(out: string, maps: Maps): Promise<void> {
  await mkdir(out, { recursive: true });
  const [uid, gid] = [maps.uid[0]?.outside, maps.gid[0]?.outside];
  if (process.getuid?.() === 0 && uid !== undefined && gid !== undefined) await chown(out, uid, gid);
}

async function start(holder: number, jobDir: string, job: SandboxJob): Promise<{ stdout: string }> {
  const binds = await jobBinds(jobDir, job);
  const base = BASES.find((path) => !binds.some(({ source }) => source.startsWith(`${path}/`))) ?? '/mnt';
  const isRoot = process.getuid?.() === 0;
  const environment = Object.entries({ ...SANDBOX_ENV, ...job.env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const bind = bindCommands(base, binds);
  const inside = isRoot ? enterCommands(base) : `${bind}\n${enterCommands(base)}`;
  const enter = [
    ...['nsenter', `--user=/proc/${String(holder)}/ns/user`, '--setuid', '0', '--setgid', '0'],
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc', '--uts'],
    ...['sh', '-euc', inside, 'sandbox', ...environment],
  ];
  const argv = isRoot
    ? [
        'setpriv',
        '--pdeathsig',
        'KILL',
        'unshare',
        '--mount',
        'sh',
        '-euc',
        `${bind}\nexec "$@"`,
        'bind',
        ...enter,
      ]
    : enter;
  return await collect(argv, job);
}

async function jobBinds(jobDir: string, job: SandboxJob): Promise<Bind[]> {
  const binds: { source: string; target: string; writable?: boolean }[] = [
    { source: job.toolbox, target: 'root' },
    { source: jobDir, target: 'job' },
    ...Object.entries(job.inputs ?? {}).map(([name, source]) => ({ source, target: `in/${name}` })),
    ...(job.out === undefined ? [] : [{ source: job.out, target: 'out', writable: true }]),
    ...(job.work === undefined ? [] : [{ source: job.work, target: 'build', writable: true }]),
  ];
  const flagsOf = await mountFlags();
  return binds.map((bind) => ({ ...bind, flags: flagsOf(bind.source) }));
}

function started(argv: readonly string[], { input }: SandboxJob): ProcessPromise {
  const options = { quiet: true, nothrow: true, env: { PATH } };
  if (input === undefined) return $({ ...options, stdio: ['ignore', 'pipe', 'pipe'] })`${argv}`;
  const job = $({ ...options, stdio: ['pipe', 'pipe', 'pipe'], input: Readable.from(input) })`${argv}`;
  // One that ends before it has read everything: how it ended says more than the broken pipe.
  job.stdin.on('error', () => undefined);
  return job;
}

async function collect(argv: readonly string[], job: SandboxJob): Promise<{ stdout: string }> {
  const process_ = started(argv, job);
  const tail = lastLines(process_.stderr, job.log);
  if (job.onLine !== undefined) lastLines(process_.stdout, job.onLine);
  // One signal to the outermost process takes the whole pid namespace with it.
  let over = false;
  const kill = (): void => {
    if (process_.pid !== undefined) process.kill(process_.pid, 'SIGKILL');
    // It is about to start.
    else if (!over) setImmediate(kill);
  };
  const timer = job.timeout === undefined ? undefined : setTimeout(kill, job.timeout);
  job.signal?.addEventListener('abort', kill, { once: true });
  if (job.signal?.aborted === true) kill();
  try {
    const output = await process_;
    job.signal?.throwIfAborted();
    if (output.exitCode === 0) return { stdout: output.stdout };
    const ending =
      output.signal === null ? `exit code ${String(output.exitCode)}` : `signal ${output.signal}`;
    throw new AppError({
      kind: 'tool',
      code: 'sandbox.failed',
      what: 'a command in the sandbox failed',
      expected: 'exit code 0',
      got: [ending, ...tail].join('\n'),
      next: 'read the output above; --log FILE keeps all of it, --keep-failed keeps the tree',
    });
  } finally {
    over = true;
    clearTimeout(timer);
    job.signal?.removeEventListener('abort', kill);
  }
}

/** Hands on each line and keeps the last few for an error. */
function lastLines(stream: NodeJS.ReadableStream, log: ((line: string) => void) | undefined): string[] {
  const tail: string[] = [];
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      log?.(line);
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    }
  });
  return tail;
}
