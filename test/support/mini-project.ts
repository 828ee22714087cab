import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Event } from '../../core/events.ts';
import { runProgram } from '../../builder/cli/program.ts';
import { COMMANDS } from '../../builder/cli/registry.ts';
import type { MiniMirror } from './mini-mirror.ts';
import { temporaryDirectory } from './temporary.ts';
import { keyFiles, type TestKey } from './test-keys.ts';

/** What one command line led to. */
export interface Outcome {
  readonly code: number;
  readonly events: readonly Event[];
  /** Text of the result, if there was one. */
  readonly text: string;
  readonly value: unknown;
  /** The error, if there was one. */
  readonly error: Extract<Event, { type: 'error' }> | undefined;
}

/** A project of one recipe, `mini`, of kind toolbox (it needs no sandbox), on a small mirror. */
export interface MiniProject extends AsyncDisposable {
  readonly root: string;
  readonly cache: string;
  /** Runs `qubeforge ARGS`, in this process. */
  run(...args: string[]): Promise<Outcome>;
  /** Of a file below the project. */
  path(...parts: string[]): string;
  readLock(): Promise<string>;
}

export interface MiniProjectOptions {
  readonly mirror: MiniMirror;
  /** What the recipe installs; default `hello`. */
  readonly install?: readonly string[];
  /** Keys that are pinned; the first is the one that the recipe allows. Default: that of the mirror. */
  readonly keys?: readonly TestKey[];
}

export async function miniProject({ mirror, install, keys }: MiniProjectOptions): Promise<MiniProject> {
  const directory = await temporaryDirectory();
  const root = join(directory.path, 'project');
  const cache = join(directory.path, 'cache');
  const pinned = keys ?? [mirror.key];
  await writeProject(root, mirror, install ?? ['hello'], pinned);
  return {
    root,
    cache,
    run: (...args) => run(root, cache, args),
    path: (...parts) => join(root, ...parts),
    readLock: () => readFile(join(root, 'recipes', 'locks', 'mini.lock.json'), 'utf8'),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

async function writeProject(
  root: string,
  mirror: MiniMirror,
  install: readonly string[],
  keys: readonly TestKey[],
): Promise<void> {
  await mkdir(join(root, 'recipes'), { recursive: true });
  await mkdir(join(root, 'keys'), { recursive: true });
  const { name, suites, components } = mirror.repository;
  const recipe = {
    ...{ name: 'mini', kind: 'toolbox', family: 'debian' },
    // Another path than the host's own mirrors have, or these would be asked, too.
    repositories: [
      {
        ...{ name, suites, components },
        mirrors: [mirror.url.replace(/debian$/, 'mini')],
        keys: [keys[0]?.fingerprint],
      },
    ],
    packages: { install },
  };
  await writeFile(join(root, 'recipes', 'mini.yaml'), JSON.stringify(recipe));
  const { manifest, files } = await keyFiles(keys);
  await writeFile(join(root, 'keys', 'keys.yaml'), manifest);
  for (const [file, bytes] of files) await writeFile(join(root, 'keys', file), bytes);
}

/** Runs `qubeforge ARGS` in a project, in this process. */
export async function run(root: string, cache: string, args: readonly string[]): Promise<Outcome> {
  const lines: string[] = [];
  const code = await runProgram(COMMANDS, [...args, '--json', '--quiet', '--cache', cache], {
    env: { HOME: '/nonexistent' },
    cwd: root,
    root,
    clock: Date.now,
    signal: new AbortController().signal,
    stderrStream: new PassThrough() as unknown as NodeJS.WriteStream,
    stdout: (text) => lines.push(text),
    stderr: () => undefined,
  });
  const events = lines.map((line) => JSON.parse(line) as Event);
  const result = events.find((event) => event.type === 'result');
  return {
    code,
    events,
    text: result?.text ?? '',
    value: result?.value,
    error: events.find((event) => event.type === 'error'),
  };
}

/** Where the store keeps a locked .deb of the project. */
export async function storedDeb(
  project: MiniProject,
  name: string,
): Promise<{ readonly store: string; readonly blob: string }> {
  const lock = JSON.parse(await project.readLock()) as { packages: { name: string; sha256: string }[] };
  const sha256 = lock.packages.find((pkg) => pkg.name === name)?.sha256 ?? '';
  const store = join(project.cache, 'store', 'v1');
  return { store, blob: join(store, 'blobs', 'sha256', sha256.slice(0, 2), sha256) };
}
