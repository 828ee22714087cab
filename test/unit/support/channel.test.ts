import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Channel } from '../../support/channel.ts';

/** A terminal whose other end is the test. */
function terminal(): { channel: Channel; print: (text: string) => void; typed: string[] } {
  const typed: string[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      typed.push(chunk.toString());
      done();
    },
  });
  const channel = new Channel('serial', stream, { pace: { size: 4, pause: 0 } });
  return { channel, print: (text) => stream.push(text), typed };
}

describe('Channel', () => {
  it('finds what came before and what comes after the wait, each once', async () => {
    const { channel, print } = terminal();
    print('one login: ');
    await channel.expect(/login:/, 1000);
    const second = channel.expect(/login:/, 1000);
    print('two login: ');
    await second;
    await expect(channel.expect(/login:/, 20)).rejects.toThrow('expected /login:/ within 0.02 s');
  });

  it('takes out escape sequences, also when they come in two pieces', async () => {
    const { channel, print } = terminal();
    print('\u001b[1;3');
    print('1mroot\u001b[0m@dom0\u001b[?2004h# ');
    await channel.expect(/^root@dom0# $/, 1000);
  });

  it('ends a wait at once when the machine panics', async () => {
    const { channel, print } = terminal();
    const wait = channel.expect(/login:/, 60_000);
    print('[    1.0] Kernel panic - not syn');
    print('cing: VFS: Unable to mount root fs\n');
    await expect(wait).rejects.toThrow('the machine said: Kernel panic - not syncing');
    await expect(channel.expect(/anything/, 60_000)).rejects.toThrow('Kernel panic');
  });

  it('reads the output and the exit code of a command, not its echo', async () => {
    const { channel, print, typed } = terminal();
    const finished = channel.run('false', 1000);
    await new Promise((resolve) => setImmediate(resolve));
    const line = typed.join('');
    const mark = /echo (qf\w+)''begin/.exec(line)?.[1] ?? '';
    print(`${line}\r\n${mark}begin\r\nsome\r\noutput\r\n${mark}end 1\r\n`);
    expect(await finished).toEqual({ output: 'some\noutput\n', exitCode: 1 });
  });

  it('types in pieces of the size that the line can take', async () => {
    const { channel, typed } = terminal();
    await channel.sendLine('echo hello');
    expect(typed).toEqual(['echo', ' hel', 'lo\r']);
  });
});
