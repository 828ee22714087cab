import { describe, expect, it } from 'vitest';
import { run } from '../../../edge/runner.ts';
import { attach } from '../../../edge/terminal.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';

const sh = (script: string): [string, ...string[]] => ['sh', '-c', script];

describe('a command', () => {
  it('gets its arguments as they are, its environment and PATH, and no other variable', async () => {
    const argv: [string, ...string[]] = ['printf', '%s|', 'a b', '$HOME', "'", ''];
    expect((await run({ argv })).stdout).toBe("a b|$HOME|'||");
    const { stdout } = await run({ argv: ['env'], env: { ONLY: 'this' } });
    const names = stdout.split('\n').map((line) => line.replace(/=.*/, ''));
    expect(names.filter((name) => name !== '').sort()).toEqual(['HOME', 'ONLY', 'PATH']);
  });

  it('gets the bytes of its input, or none', async () => {
    expect((await run({ argv: ['cat'], stdin: 'text' })).stdout).toBe('text');
    expect((await run({ argv: ['cat'] })).stdout).toBe('');
  });

  it('may leave its input unread, and write more than a pipe holds', async () => {
    const stdin = Buffer.alloc(1 << 20, 'x');
    expect((await run({ argv: sh('exec <&-; exit 3'), stdin, accept: [3] })).exitCode).toBe(3);
    expect((await run({ argv: ['cat'], stdin })).stdout).toHaveLength(1 << 20);
  });

  it('keeps characters whole that come in two pieces', async () => {
    const { stdout } = await run({ argv: sh(String.raw`printf '\303'; sleep 0.1; printf '\244'`) });
    expect(stdout).toBe('ä');
  });

  it('fails with its last lines and its exit code', async () => {
    const failure = await appErrorOf(() => run({ argv: sh('echo out; echo err >&2; exit 5') }));
    expect(failure).toMatchObject({ code: 'tool.failed', expected: 'exit code 0' });
    expect(failure.got).toBe('exit code 5\nerr\n\nout');
  });

  it('that is not there is named', async () => {
    const failure = await appErrorOf(() => run({ argv: ['qubeforge-no-such-program', 'x'] }));
    expect(failure).toMatchObject({
      where: 'qubeforge-no-such-program x',
      got: 'there is no such program',
    });
    expect(await appErrorOf(() => attach({ argv: ['qubeforge-no-such-program'] }))).toMatchObject({
      got: 'there is no such program',
    });
  });

  it('is ended when its time is over, also when it will not end', async () => {
    expect((await appErrorOf(() => run({ argv: ['sleep', '60'], timeout: 50 }))).got).toBe('signal SIGTERM');
    const parent = sh('sleep 60; true');
    expect((await appErrorOf(() => run({ argv: parent, timeout: 50 }))).got).toBe('signal SIGTERM');
    const stubborn = sh('trap "" TERM; while :; do sleep 0.1; done');
    expect((await appErrorOf(() => run({ argv: stubborn, timeout: 300 }))).got).toBe('signal SIGKILL');
  });
});
