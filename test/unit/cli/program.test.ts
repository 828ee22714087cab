import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError, type ErrorKind } from '../../../core/errors.ts';
import { defineCommand, type Context } from '../../../builder/cli/command.ts';
import { buildCommand, type BuildRequest } from '../../../builder/cli/commands/build.ts';
import { diffCommand } from '../../../builder/cli/commands/diff.ts';
import { gcCommand } from '../../../builder/cli/commands/gc.ts';
import { lockCommand } from '../../../builder/cli/commands/lock.ts';
import { COMMANDS } from '../../../builder/cli/registry.ts';
import { VERSION } from '../../../core/version.ts';
import { runCli } from '../../support/program.ts';

const scratch = mkdtempSync(join(tmpdir(), 'qubeforge-test-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

/** A command that does `work` and is called `go`. */
function go(work: (context: Context) => Promise<void> | void): ReturnType<typeof defineCommand> {
  return defineCommand({
    name: 'go',
    summary: 'go',
    positionals: { name: 'WORD', min: 0, max: 1, complete: ['there'] },
    options: {
      far: { type: 'boolean', help: 'far' },
      how: { type: 'string', choices: ['walk', 'run'], help: 'how' },
    },
    run: async (context) => {
      await work(context);
    },
  });
}

const result = { type: 'result', name: 'go', value: { n: 1 }, text: 'went' } as const;

describe('runProgram', () => {
  it('puts results on stdout and progress on stderr', async () => {
    const command = go(({ sink }) => {
      sink({ type: 'started', id: 'a', title: 'going' });
      sink(result);
      sink({ type: 'finished', id: 'a', outcome: 'done' });
    });
    expect(await runCli(['go'], { commands: [command] })).toEqual({
      code: 0,
      stdout: 'went\n',
      stderr: '[    0.0] start   going\n[    0.0] done    going (0.0 s)\n',
    });
    expect(await runCli(['go', '--quiet'], { commands: [command] })).toMatchObject({
      stdout: 'went\n',
      stderr: '',
    });
  });

  it('writes every event as a JSON line with --json, and to a file with --log', async () => {
    const log = join(scratch, 'deep/er/log.jsonl');
    const command = go(({ sink }) => {
      sink(result);
      throw new AppError({ kind: 'network', code: 'net.down', what: 'no network', next: 'wait' });
    });
    const { code, stdout, stderr } = await runCli(['go', '--json', '--log', log], { commands: [command] });
    expect(code).toBe(4);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toMatchObject([
      result,
      { type: 'error', kind: 'network', code: 'net.down', exitCode: 4, message: 'no network' },
    ]);
    expect(readFileSync(log, 'utf8')).toBe(stdout);
    expect(stderr).toBe('error: no network [net.down]\n  next:     wait\n');
  });

  it.each<[ErrorKind, number]>([
    ['usage', 2],
    ['recipe', 2],
    ['verification', 3],
    ['network', 4],
    ['tool', 5],
    ['hardware', 6],
    ['busy', 7],
  ])('ends a failure of kind %s with %i and no stack', async (kind, expected) => {
    const command = go(() => {
      throw new AppError({ kind, code: 'x.y', what: 'it failed' });
    });
    const { code, stderr } = await runCli(['go'], { commands: [command] });
    expect(code).toBe(expected);
    expect(stderr).toBe('error: it failed [x.y]\n');
  });

  it('calls anything else a bug, with its stack, and ends with 70', async () => {
    const command = go(() => {
      throw new RangeError('off by one');
    });
    const { code, stderr } = await runCli(['go'], { commands: [command] });
    expect(code).toBe(70);
    expect(stderr).toMatch(/This is a bug in Qubeforge[^]*RangeError: off by one\n\s+at /);
  });

  it('says that it was interrupted, whatever the command made of it', async () => {
    const control = new AbortController();
    const command = go(() => {
      control.abort();
      throw new AppError({ kind: 'tool', code: 'tool.failed', what: 'killed' });
    });
    const { code, stderr } = await runCli(['go'], { commands: [command], signal: control.signal });
    expect(code).toBe(130);
    expect(stderr).toBe('interrupted; the next run goes on from what is finished\n');
  });
});

describe('the command line', () => {
  const commands = [go(() => undefined)];
  it.each<[string[], string, string]>([
    [['goo'], 'there is no command goo', 'did you mean qubeforge go?'],
    [['go', '--fra'], 'there is no option --fra for go', 'did you mean --far?'],
    [['go', '--far=x'], 'the option --far takes no value', 'qubeforge go --help'],
    [['go', '--how'], 'the option --how needs a value', 'qubeforge go --help'],
    [['go', '--how', 'wlak'], '--how does not know wlak', 'did you mean --how walk?'],
    [['go', 'a', 'b'], 'go does not know what to do with b', 'qubeforge go --help'],
    [['--jsno', 'go'], 'there is no option --jsno', 'did you mean --json?'],
    [['go', '--mirror', 'x'], 'this is no mirror', 'for example --mirror'],
    [['go', '--mirror', 'a=ftp://x'], 'this is no mirror', 'for example --mirror'],
  ])('%j is refused with a remedy', async (argv, what, next) => {
    const { code, stderr, stdout } = await runCli(argv, { commands });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`error: ${what}`);
    expect(stderr).toContain(`next:     ${next}`);
  });

  it('takes common options before and behind the command', async () => {
    const seen: Context['globals'][] = [];
    const command = go(({ globals }) => void seen.push(globals));
    const options = ['--cache', 'c', '--mirror', 'debian=http://a/b/', '--mirror', 'debian=file:///c'];
    await runCli(['go', ...options], { commands: [command] });
    await runCli([...options, 'go'], {
      commands: [command],
      env: { QUBEFORGE_MIRROR_DEBIAN_SECURITY: 'https://s' },
    });
    const mirrors = [['debian', ['http://a/b', 'file:///c']]];
    expect(seen.map((globals) => [...globals.mirrors])).toEqual([
      mirrors,
      [...mirrors, ['debian-security', ['https://s']]],
    ]);
    expect(seen[0]?.cache).toBe(seen[1]?.cache);
  });

  it('says which version it is, with any command', async () => {
    for (const argv of [['--version'], ['build', '--version']]) {
      expect(await runCli(argv)).toEqual({ code: 0, stdout: `qubeforge ${VERSION}\n`, stderr: '' });
    }
  });

  it('explains itself', async () => {
    const general = await runCli(['--help']);
    expect(general.code).toBe(0);
    for (const { summary } of COMMANDS) expect(general.stdout).toContain(summary);
    expect(await runCli([])).toMatchObject({ code: 2, stdout: '', stderr: general.stdout });
    for (const { name, options } of COMMANDS) {
      const { code, stdout } = await runCli([name, '--help']);
      expect(code).toBe(0);
      for (const option of Object.keys(options)) expect(stdout).toContain(`--${option}`);
    }
  });
});

describe('the front ends', () => {
  async function request(argv: string[]): Promise<BuildRequest | string> {
    let seen: BuildRequest | undefined;
    const command = buildCommand(
      (_, got) => Promise.resolve(void (seen = got)),
      ['rootfs-tar', 'template-image'],
      2,
    );
    const { stderr } = await runCli(['build', ...argv], { commands: [command] });
    return seen ?? stderr;
  }

  it('build: defaults and every flag', async () => {
    const defaults = {
      recipes: ['iso'],
      offline: false,
      jobs: 2,
      dryRun: false,
      onStaleLock: 'fail',
      keepFailed: false,
    };
    expect(await request([])).toEqual({ ...defaults, outputs: undefined });
    const flags =
      '--offline --jobs 3 --dry-run --output rootfs-tar --on-stale-lock update --keep-failed'.split(' ');
    expect(await request(['a', 'b', 'a', ...flags])).toEqual({
      ...{ recipes: ['a', 'b'], offline: true, jobs: 3, dryRun: true, outputs: ['rootfs-tar'] },
      ...{ onStaleLock: 'update', keepFailed: true },
    });
    expect(await request(['--jobs', '0'])).toContain('--jobs is no number of jobs');
    expect(await request(['--output', 'rotfs-tar'])).toContain('did you mean --output rootfs-tar?');
    expect(await request(['--on-stale-lock', 'ignore'])).toContain('expected: fail, update');
  });

  it('lock, diff, gc: what they hand on', async () => {
    const seen: unknown[] = [];
    const note = (_: Context, request: unknown): Promise<void> => Promise.resolve(void seen.push(request));
    const commands = [lockCommand(note), diffCommand(note), gcCommand(note)];
    for (const line of [
      'lock',
      'lock a --update',
      'lock --check',
      'diff a b --html c.html',
      'gc',
      'gc --keep-days 0',
    ]) {
      expect(await runCli(line.split(' '), { commands })).toMatchObject({ code: 0 });
    }
    const day = 86_400_000;
    expect(seen).toEqual([
      { recipes: [], mode: 'write' },
      { recipes: ['a'], mode: 'update' },
      { recipes: [], mode: 'check' },
      { before: 'a', after: 'b', html: expect.stringMatching(/^\/.*\/c\.html$/) as string },
      { grace: 14 * day, all: false, dryRun: false },
      { grace: 0, all: false, dryRun: false },
    ]);
    expect((await runCli(['lock', '--check', '--update'], { commands })).code).toBe(2);
    expect((await runCli(['gc', '--keep-days', 'x'], { commands })).code).toBe(2);
  });
});
