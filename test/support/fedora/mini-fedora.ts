import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recipeFiles } from '../../../edge/recipe-files.ts';
import { resolveRecipe } from '../../../builder/cli/engine/families.ts';
import { openSession } from '../../../builder/cli/engine/session.ts';
import { sha256 } from '../../../core/digest.ts';
import { parseLock, printLock } from '../../../builder/lock/lock-file.ts';
import type { AnyLock } from '../../../builder/lock/schema.ts';
import { loadBuildable } from '../../../builder/recipe/load.ts';
import { startMiniMirror, type MiniMirror } from '../mini-mirror.ts';
import { miniProject, type MiniProject, type Outcome } from '../mini-project.ts';
import { MirrorServer } from '../mirror-server.ts';
import { ROOT } from '../sources.ts';
import { makeTestKey } from '../test-keys.ts';
import { EPOCH } from './fixture.ts';
import { repositoryContent, type PublishedRpm } from './repository.ts';
import { EXPIRED_LIFETIME, type TamperKeys } from './tampering.ts';

/** Name of the recipe that installs `hello` from the repository `hello`. */
export const RECIPE = 'mini-fedora';

const CLI_CHILD = fileURLToPath(new URL('../cli-child.ts', import.meta.url));

/** A project with a recipe of the Fedora family on a small repository; its toolbox is never run. */
export class MiniFedora implements AsyncDisposable {
  readonly project: MiniProject;
  readonly keys: TamperKeys;
  readonly server: MirrorServer;
  content = new Map<string, Buffer>();
  readonly #toolboxes: MiniMirror;

  constructor(project: MiniProject, toolboxes: MiniMirror, keys: TamperKeys, scheme: 'http' | 'https') {
    this.project = project;
    this.keys = keys;
    this.#toolboxes = toolboxes;
    this.server = new MirrorServer(() => this.content, scheme);
  }

  /** Puts packages and lists that fit them on the mirror; made `age` seconds before the newest state. */
  publish(packages: readonly PublishedRpm[], age = 0): void {
    this.content = repositoryContent(packages, EPOCH + 7200 - age);
  }

  async writeRecipe(extra: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { good, expired } = this.keys;
    const recipe = {
      ...{ name: RECIPE, kind: 'rootfs', family: 'fedora', release: '43', toolbox: 'mini' },
      repositories: [
        {
          ...{ name: 'hello', mirrors: [this.server.url.replace(/debian$/, 'rpm')] },
          ...{ keys: [good.fingerprint, expired.fingerprint], ...extra },
        },
      ],
      packages: { install: ['hello'] },
    };
    await writeFile(this.project.path('recipes', `${RECIPE}.yaml`), JSON.stringify(recipe));
  }

  get lockPath(): string {
    return this.project.path('recipes', 'locks', `${RECIPE}.lock.json`);
  }

  async readLock(): Promise<string> {
    return await readFile(this.lockPath, 'utf8');
  }

  /**
   * Locks as the engine does, with an answer in place of dnf, which quick tests cannot run: both packages.
   * Everything before and after it is real. Throws what locking throws.
   */
  async lock(): Promise<void> {
    await using session = await openSession(
      {
        ...{ sink: () => undefined, release: () => Promise.resolve(), signal: new AbortController().signal },
        ...{ env: {}, cwd: this.project.root },
        ...{ clock: Date.now, root: this.project.root },
        recipes: recipeFiles([this.project.path('recipes')], this.project.root),
        globals: {
          ...{ json: false, quiet: true, log: undefined, cache: this.project.cache },
          mirrors: new Map(),
        },
      },
      { jobs: 2, offline: false },
    );
    const loaded = await loadBuildable(session.context.recipes, RECIPE);
    const answer = [...this.content]
      .filter(([path]) => path.endsWith('.rpm'))
      .map(([path, bytes]) => ({
        name: path.includes('/hello-') ? 'hello' : 'greeting',
        repository: 'hello',
        sha256: sha256(bytes),
      }));
    const ports = {
      ...session.ports,
      toolboxTree: () => Promise.resolve('/'),
      sandbox: () => Promise.resolve({ stdout: JSON.stringify(answer) }),
    };
    const previous = await readFile(this.lockPath, 'utf8').catch(() => undefined);
    const solver = { toolbox: () => Promise.resolve({}), pins: [] };
    const before = previous === undefined ? undefined : parseLock(previous, RECIPE);
    const { lock } = await resolveRecipe({ ...session, ports }, loaded, before, solver);
    await this.writeLock(lock);
  }

  async writeLock(lock: AnyLock): Promise<void> {
    await writeFile(this.lockPath, printLock(lock));
  }

  /** Forgets all that was fetched. */
  async emptyStore(): Promise<void> {
    await rm(this.project.cache, { recursive: true, force: true });
  }

  /** Runs `qubeforge ARGS` in a process of its own, which takes the server's certificate for good. */
  async runTrusting(...args: readonly string[]): Promise<Outcome> {
    const { root, cache } = this.project;
    const authority = join(root, 'authority.pem');
    await writeFile(authority, this.server.authority);
    const child = spawn(process.execPath, ['--import', 'tsx', CLI_CHILD, root, cache, ...args], {
      cwd: ROOT,
      env: { ...process.env, NODE_EXTRA_CA_CERTS: authority },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await new Promise<void>((resolve) => {
      child.on('close', () => {
        resolve();
      });
    });
    return JSON.parse(text) as Outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.#toolboxes[Symbol.asyncDispose]();
    await this.project[Symbol.asyncDispose]();
  }
}

/** Makes the project; nothing is published yet. With https, only `runTrusting` reaches the mirror. */
export async function miniFedora(scheme: 'http' | 'https' = 'http'): Promise<MiniFedora> {
  const created = new Date(EPOCH * 1000);
  const toolboxes = await startMiniMirror({ suites: [{ suite: 'trixie', packages: [{ name: 'hello' }] }] });
  const [good, expired, other] = await Promise.all([
    makeTestKey({ name: 'Fedora', created }),
    makeTestKey({ name: 'Expired', created, lifetime: EXPIRED_LIFETIME }),
    makeTestKey({ name: 'Other', created }),
  ]);
  const project = await miniProject({ mirror: toolboxes, keys: [toolboxes.key, good, expired] });
  const fedora = new MiniFedora(project, toolboxes, { good, expired, other }, scheme);
  await fedora.server.start();
  await fedora.writeRecipe();
  return fedora;
}
