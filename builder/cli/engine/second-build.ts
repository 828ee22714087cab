import { cp, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { tracked, type Event, type EventSink } from '../../../core/events.ts';
import type { Sha256 } from '../../../core/digest.ts';
import { runLines } from '../../../edge/line-process.ts';
import { CLOCK_MARK, type ShiftedClock } from '../../../edge/shifted-clock.ts';
import { COPY_FLAGS, giveToVariedUser, variedHost, type VariedHost } from '../../../edge/varied-host.ts';
import { Layout } from '../../store/layout.ts';
import type { Session } from './session.ts';
import { CLOCK_VARIABLE, THROW_AWAY_MARK } from './varied.ts';

/** What is needed for a build from nothing in another place. */
export interface SecondBuildRequest {
  readonly recipe: string;
  readonly jobs: number;
  /** The locked files; all are in the store of this session. */
  readonly files: readonly { readonly sha256: Sha256; readonly size: number; readonly what: string }[];
  readonly clock: ShiftedClock;
  /** The private key that signs media, where the recipe makes one: with another the media would differ. */
  readonly releaseKey: string | undefined;
}

/** One thing that the second build has another value of. */
export interface Variation {
  readonly what: string;
  readonly first: string;
  readonly second: string;
}

/** A finished second build; its directory is gone once it is disposed of. */
export interface SecondBuild extends AsyncDisposable {
  /** Directory that holds its products. */
  readonly out: string;
  readonly variations: readonly Variation[];
}

/** A second build sees this environment and no other. */
const ENVIRONMENT = { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };
const UMASK = '077';
const LEFT_OUT = new Set(['node_modules', 'out', 'coverage', 'test']);

/**
 * Builds a recipe again in a fresh directory: a copy of the project, a store that holds the locked packages and
 * nothing that was made from them, no network, and an environment that differs in all that it can.
 */
export async function secondBuild(session: Session, request: SecondBuildRequest): Promise<SecondBuild> {
  const base = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
  const directory = await mkdtemp(join(base, 'qubeforge-reproduce-'));
  const dispose = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const variations = await buildIn(directory, session, request);
    return { out: join(directory, 'run', 'out'), variations, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function buildIn(
  directory: string,
  session: Session,
  request: SecondBuildRequest,
): Promise<Variation[]> {
  const { context } = session;
  const [project, cache, run] = ['project', 'cache', 'run'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await copyProject(context.root, project);
  await copyPackages(session, request, cache);
  await mkdir(run);
  const library = join(directory, 'clock.so');
  await copyFile(request.clock.library, library);
  const host = await variedHost({
    directory: await emptyDirectory(join(directory, 'host')),
    umask: UMASK,
    processors: '0',
    environment: {
      ...ENVIRONMENT,
      HOME: run,
      [CLOCK_VARIABLE]: `${String(request.clock.days)}:${library}`,
    },
  });
  const key = join(directory, 'release-key.asc');
  if (request.releaseKey !== undefined) await copyFile(request.releaseKey, key);
  if (host.isOtherUser) await giveToVariedUser(directory);
  const jobs = request.jobs + 1;
  const argv = [
    ...[...host.argv, join(project, 'dist', 'qubeforge.mjs'), 'build', request.recipe],
    ...['--offline', '--json', '--quiet', '--cache', cache, '--jobs', String(jobs)],
    ...(request.releaseKey === undefined ? [] : ['--sign', key]),
  ];
  const clock = await runSecond(session, argv, run);
  return variationsOf(context, host, { directory, run, jobs, first: request.jobs, clock });
}

async function emptyDirectory(path: string): Promise<string> {
  await mkdir(path);
  return path;
}

/** The project without what is made from it or has no part in a build. */
async function copyProject(root: string, target: string): Promise<void> {
  if (!existsSync(join(root, 'dist', 'qubeforge.mjs'))) throw noBundle(root);
  await cp(root, target, {
    recursive: true,
    mode: COPY_FLAGS,
    filter: (source) => {
      const name = basename(source);
      return source === root || !(dirname(source) === root && (LEFT_OUT.has(name) || name.startsWith('.')));
    },
  });
}

/** The locked packages, each hashed on the way; none of what was ever made from them. */
async function copyPackages({ store }: Session, { files }: SecondBuildRequest, cache: string): Promise<void> {
  const layout = new Layout(cache);
  for (const file of files) {
    const target = layout.blob(file.sha256);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(await store.verified(file, file.what), target, COPY_FLAGS);
  }
  await mkdir(cache, { recursive: true });
  await writeFile(join(cache, THROW_AWAY_MARK), '');
}

/** Runs the second build and shows its progress. Gives the time that its sandbox saw. */
async function runSecond({ context }: Session, argv: readonly string[], cwd: string): Promise<string> {
  let failure: Extract<Event, { type: 'error' }> | undefined;
  let clock: string | undefined;
  const task = { id: 'second build', title: 'Second build' };
  return await tracked(context.sink, task, async () => {
    const onEvent = (event: Event): void => {
      if (event.type === 'error') failure = event;
      else if (event.type === 'log' && event.message.startsWith(CLOCK_MARK))
        clock = event.message.slice(CLOCK_MARK.length).trim();
      else pass(event, context.sink, task.id);
    };
    const { exitCode, stderr } = await runLines({
      argv,
      cwd,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      signal: context.signal,
      onLine: (line) => {
        const event = parseEvent(line);
        if (event !== undefined) onEvent(event);
      },
    });
    if (exitCode !== 0) throw secondFailed(exitCode, failure?.text ?? stderr);
    return clock ?? 'not seen by any sandbox';
  });
}

function parseEvent(line: string): Event | undefined {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return undefined;
  }
}

/** Hands on the events of the second build, kept apart from those of the first by their ids. */
function pass(event: Event, sink: EventSink, parent: string): void {
  switch (event.type) {
    case 'started':
      sink({
        ...event,
        id: `second ${event.id}`,
        parent: event.parent === undefined ? parent : `second ${event.parent}`,
      });
      break;
    case 'progress':
    case 'finished':
    case 'failed':
      sink({ ...event, id: `second ${event.id}` });
      break;
    case 'log':
      sink(event.id === undefined ? event : { ...event, id: `second ${event.id}` });
      break;
    case 'result':
    case 'error':
      break;
  }
}

function variationsOf(
  { cwd, env, root, clock }: Session['context'],
  host: VariedHost,
  second: {
    readonly directory: string;
    readonly run: string;
    readonly jobs: number;
    readonly first: number;
    readonly clock: string;
  },
): Variation[] {
  const now = new Date(clock()).toISOString().replace(/\.\d+Z/, 'Z');
  const user = `${env['USER'] ?? 'user'} (${String(process.getuid?.())})`;
  const place = (path: string): string => join(second.directory, relative(second.directory, path));
  return [
    { what: 'user', first: user, second: host.user },
    { what: 'directory', first: cwd, second: place(second.run) },
    { what: 'project', first: root, second: place(join(second.directory, 'project')) },
    { what: 'TZ', first: env['TZ'] ?? 'unset', second: ENVIRONMENT.TZ },
    { what: 'LANG', first: env['LC_ALL'] ?? env['LANG'] ?? 'unset', second: ENVIRONMENT.LC_ALL },
    { what: 'umask', first: '022', second: UMASK },
    { what: 'clock', first: now, second: second.clock },
    { what: '--jobs', first: String(second.first), second: String(second.jobs) },
    { what: 'processors', first: String(availableParallelism()), second: '1' },
    {
      what: 'host tools',
      first: 'those of this machine',
      second: host.tools === undefined ? 'the same' : `only ${host.tools.join(' ')}`,
    },
  ];
}

function noBundle(root: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'reproduce.no-bundle',
    what: 'the program is not bundled, so it cannot run in another place',
    where: join(root, 'dist', 'qubeforge.mjs'),
    next: 'npm run bundle',
  });
}

function secondFailed(exitCode: number | null, said: string): AppError {
  return new AppError({
    kind: 'tool',
    code: 'reproduce.second-build',
    what: 'the second build failed',
    expected: 'exit code 0',
    got: `exit code ${String(exitCode)}\n${said.trim()}`,
    next: 'qubeforge doctor',
  });
}
