/** Whole builds killed with SIGKILL at any moment: the next run ends with the same bytes and leaves no rubbish. */
import { spawn } from 'node:child_process';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { wantedFiles } from '../../builder/cli/engine/families.ts';
import { sha256 } from '../../core/digest.ts';
import { hashFile } from '../../edge/files.ts';
import { forgetResults, linkedStore } from '../support/linked-store.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { testProject } from '../support/project.ts';

const RECIPE = 'debian-13-minbase';
const KILLS = 30;
const SEED = Number(process.env['QUBEFORGE_SEED'] ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1 that depend on the seed only. */
function* moments(seed: number): Generator<number, never> {
  for (let count = 0; ; count++) yield parseInt(sha256(`${seed} ${count}`).slice(0, 8), 16) / 2 ** 32;
}

/** How a build ended, and what it said. `kill`: after so many milliseconds, the program alone or its whole group. */
async function run(
  root: string,
  cache: string,
  kill?: { readonly after: number; readonly group: boolean },
): Promise<{ readonly ending: string; readonly said: string; readonly session: number }> {
  const argv = ['build', RECIPE, '--output', 'rootfs-tar', '--offline', '--quiet', '--cache', cache];
  const child = spawn(process.execPath, [join(root, 'dist/qubeforge.mjs'), ...argv], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const session = child.pid ?? 0;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const timer =
    kill === undefined
      ? undefined
      : setTimeout(() => process.kill(kill.group ? -session : session, 'SIGKILL'), kill.after);
  const ending = await new Promise<string>((settle) => {
    child.on('exit', (code, signal) => {
      settle(signal ?? `exit code ${String(code)}`);
    });
  });
  clearTimeout(timer);
  return { ending, said, session };
}

/** Living processes of a session (proc_pid_stat(5), field 6), with what they are. */
async function processesOf(session: number): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [state, , , id] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(id) === session && state !== 'Z') found.push(stat);
  }
  return found;
}

/** What is still there after the kernel has had the time to end it. */
async function survivors(session: number): Promise<string[]> {
  let found = await processesOf(session);
  for (let tries = 0; tries < 100 && found.length > 0; tries++) {
    await sleep(100);
    found = await processesOf(session);
  }
  return found;
}

/** Paths of temporary files and leases in a store, and of whatever is in the output directory. */
async function leftovers(root: string, cache: string): Promise<{ store: string[]; out: string[] }> {
  const store = join(cache, 'store/v1');
  const names = await Promise.all(['tmp', 'leases', 'trees'].map((name) => readdir(join(store, name))));
  return { store: names.flat().sort(), out: (await readdir(join(root, 'out'))).sort() };
}

test(`a build killed at ${String(KILLS)} moments (QUBEFORGE_SEED=${String(SEED)}) is finished by the next one`, async () => {
  await using project = await testProject();
  const { session, root } = project;
  const locked = await project.lock(RECIPE);
  await buildToolbox(session, await project.lock('toolbox'));
  await (await session.fetcher()).fetchFiles(wantedFiles(locked));
  await cp(resolve('dist'), join(root, 'dist'), { recursive: true });
  await using cache = await linkedStore('kill', 'cold');
  const tar = join(root, 'out', `${RECIPE}.rootfs.tar`);

  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const started = Date.now();
  expect(await run(root, cache.path)).toMatchObject({ ending: 'exit code 0' });
  const lasts = Date.now() - started;
  const whole = await hashFile(tar);
  const clean = await leftovers(root, cache.path);

  const random = moments(SEED);
  let killed = 0;
  for (let count = 0; count < KILLS; count++) {
    await forgetResults(cache.path, count % 3 === 2 ? 'warm' : 'cold');
    await rm(join(root, 'out'), { recursive: true });
    const kill = { after: Math.round(random.next().value * lasts), group: count % 2 === 0 };
    const about = `kill ${String(count)}: ${JSON.stringify(kill)}`;
    const { ending, session: group } = await run(root, cache.path, kill);
    if (ending === 'SIGKILL') killed += 1;
    expect(await survivors(group), about).toEqual([]);
    expect(await hashFile(tar), about).toSatisfy(
      (got: typeof whole) => got === undefined || got.sha256 === whole?.sha256,
    );
    const { ending: end, said } = await run(root, cache.path);
    expect([end, said], about).toEqual(['exit code 0', '']);
    expect(await hashFile(tar), about).toEqual(whole);
    expect(await leftovers(root, cache.path), about).toEqual(clean);
  }
  expect(clean.store).toHaveLength((await readdir(join(cache.path, 'store/v1/trees'))).length);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).toBe(mounts);
  expect(killed).toBeGreaterThan(KILLS / 2);
});
