import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileSanitized, findCompiler } from '../../support/compiler.ts';
import type { ChildProcess } from 'node:child_process';

const SOURCES = 'runtime/vchan';
const MIB = 1024 * 1024;
const compiler = findCompiler();
const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();

/** Both ends of the channel as they run in dom0 and in guests, with a UNIX socket for the vchan. */
describe.skipIf(compiler === undefined)('a call through both ends of the channel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'qubeforge-channel-'));
  const socket = join(folder, 'calls');
  let programs: readonly string[] = [];
  let ends: readonly ChildProcess[] = [];
  let call = '';

  beforeAll(async () => {
    const core = (...names: string[]): string[] => names.map((name) => join(SOURCES, `${name}.c`));
    const services = `-DQF_SERVICES="${resolve('runtime/guest/services')}"`;
    const harness = join(import.meta.dirname, 'vchan/local.c');
    const both = compileSanitized(
      compiler!,
      [harness, ...core('guest', 'process', 'protocol', 'transport')],
      SOURCES,
      [services],
    );
    call = compileSanitized(compiler!, core('call', 'harmless', 'protocol', 'transport'), SOURCES);
    programs = [both, call];
    const channel = join(folder, 'channel');
    ends = [
      spawn(both, ['guest', channel], { stdio: 'inherit' }),
      spawn(both, ['dom0', channel, socket], { stdio: 'inherit' }),
    ];
    while (!existsSync(socket)) await sleep(50);
  });

  afterAll(() => {
    for (const end of ends) end.kill('SIGKILL');
    for (const program of programs) rmSync(dirname(program), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (argv: readonly string[], input?: Buffer): ReturnType<typeof spawnSync> =>
    spawnSync(call, [socket, 'qubeforge.Run', user, ...argv], { input, maxBuffer: 64 * MIB });

  it('carries binary data both ways to the byte', () => {
    const data = randomBytes(16 * MIB);
    const { status, stdout } = run(['cat'], data);
    expect(status).toBe(0);
    expect(data.equals(stdout as Buffer)).toBe(true);
  });

  it('keeps output, errors and exit code apart', () => {
    const { status, stdout, stderr } = run(['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect([status, String(stdout), String(stderr)]).toEqual([7, 'out\n', 'err\n']);
  });

  it('begins in the home directory of the user, whom the environment names', () => {
    const { homedir, shell, username } = userInfo();
    const say = 'pwd -P; echo "$HOME" "$USER" "$LOGNAME" "$SHELL"';
    expect(String(run(['sh', '-c', say]).stdout)).toBe(
      `${existsSync(homedir) ? realpathSync(homedir) : '/'}\n${homedir} ${username} ${username} ${shell}\n`,
    );
  });

  it.skipIf(user !== 'root')('becomes another user, who may be without a home', () => {
    const say = 'id -un; echo "$USER"; pwd';
    const { stdout } = spawnSync(call, [socket, 'qubeforge.Run', 'nobody', 'sh', '-c', say]);
    expect(String(stdout)).toBe('nobody\nnobody\n/\n');
  });

  it('says that there is no such user', () => {
    const { status, stderr } = spawnSync(call, [socket, 'qubeforge.Run', 'nobody-of-this-name', 'true']);
    expect(status).toBe(1);
    expect(String(stderr)).toContain('nobody-of-this-name');
  });

  it('ends when the command stops reading', () => {
    const { status, stdout } = run(['head', '-c', '1000'], Buffer.alloc(8 * MIB));
    expect([status, stdout.length]).toEqual([0, 1000]);
  });

  it('ends when nobody reads the output', () => {
    const line = `"${call}" "${socket}" qubeforge.Run ${user} yes | head -c 10`;
    expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe('y\ny\ny\ny\ny\n');
  });

  it('sees the end of its input', () => {
    expect(String(run(['sh', '-c', 'cat; echo end'], Buffer.from('in ')).stdout)).toBe('in end\n');
  });

  it('says with which signal a command died', () => {
    expect(run(['sh', '-c', 'kill -9 $$']).status).toBe(137);
  });

  it.each(['no.such.Service', '../qubeforge.Run', 'x'.repeat(100), ''])('refuses the service %j', (name) => {
    expect(spawnSync(call, [socket, name, 'x'], { stdio: 'ignore' }).status).toBe(126);
  });

  it('serves several calls at once, one of them unread', async () => {
    const unread = spawn(call, [socket, 'qubeforge.Run', user, 'yes'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    unread.stdout.pause();
    const data = randomBytes(MIB);
    const answers = await Promise.all(
      [1, 2, 3, 4].map(
        () =>
          new Promise<Buffer>((done) => {
            const one = spawn(call, [socket, 'qubeforge.Run', user, 'cat'], {
              stdio: ['pipe', 'pipe', 'inherit'],
            });
            const pieces: Buffer[] = [];
            one.stdout.on('data', (piece: Buffer) => pieces.push(piece));
            one.on('close', () => {
              done(Buffer.concat(pieces));
            });
            one.stdin.end(data);
          }),
      ),
    );
    expect(answers.every((answer) => answer.equals(data))).toBe(true);
    unread.kill('SIGKILL');
  });

  it('breaks off, and says so, when the guest is killed', async () => {
    const one = spawn(call, [socket, 'qubeforge.Run', user, 'sh', '-c', 'echo up; sleep 100'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((up) => one.stdout.once('data', up));
    ends[0]!.kill('SIGKILL');
    expect(await new Promise((done) => one.on('close', done))).toBe(255);
  });
});
