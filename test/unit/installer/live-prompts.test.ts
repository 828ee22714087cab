import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { intoScreens, livePrompts } from '../../../installer/ui/live-prompts.ts';
import { BACK } from '../../../installer/ui/prompts.ts';

/** Inquirer itself on two streams: what a serial line is. */
function line() {
  const input = new PassThrough();
  const output = new PassThrough();
  // A terminal, unlike other streams, is still there after a question.
  output.end = () => output;
  let text = '';
  output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  /** Types each piece once the screen shows what it waits for. */
  const type = async (...pieces: readonly (readonly [RegExp, string])[]) => {
    for (const [sign, keys] of pieces) {
      while (!sign.test(text)) await new Promise((resolve) => setTimeout(resolve, 5));
      text = '';
      input.write(keys);
    }
  };
  return { prompts: livePrompts({ input, output }), type, screen: () => text };
}

const DOWN = '\u001b[B';
const ENTER = '\r';
const ESCAPE = '\u001b';
const CHOICES = [
  { name: 'First', value: 1 },
  { name: 'Second', value: 2 },
];

describe('text that is longer than the screen', () => {
  const text = Array.from({ length: 50 }, (_, at) => `line ${at}.`).join('\n');

  it('comes a screen at a time', async () => {
    const { prompts, type, screen } = line();
    const shown = prompts.read(text);
    await type([/line 21\.[^]*Screen 1 of 3/, ENTER], [/line 43\.[^]*Screen 2 of 3/, ENTER]);
    await shown;
    expect(screen()).toMatch(/line 44\.[^]*line 49\./);
  });

  it('ends by Escape, and Ctrl-C leaves', async () => {
    const first = line();
    const shown = first.prompts.read(text);
    await first.type([/Screen 1 of 3/, ESCAPE]);
    await shown;
    expect(first.screen()).not.toContain('line 22');
    const second = line();
    const left = expect(second.prompts.read(text)).rejects.toMatchObject({ code: 'wizard.stopped' });
    await second.type([/Screen 1 of 3/, '\u0003']);
    await left;
  });

  it('is cut by the size of the terminal, lines that wrap counted as they take place', () => {
    expect(intoScreens('a\nb\nc\nd', 5, 80)).toEqual(['a\nb', 'c\nd']);
    expect(intoScreens(`${'x'.repeat(150)}\nb\nc`, 6, 80)).toEqual([`${'x'.repeat(150)}\nb`, 'c']);
    expect(intoScreens('x'.repeat(5000), 25, 80)).toHaveLength(1);
    expect(intoScreens('a')).toEqual(['a']);
  });

  it('is broken between words where the terminal ends', async () => {
    const { prompts, screen } = line();
    prompts.show(`  ${'word '.repeat(20)}\nshort\n${'x'.repeat(90)}`);
    await prompts.read('word '.repeat(17).trim());
    expect(screen().split('\n')).toEqual([
      `  ${'word '.repeat(15).trim()}`,
      `  ${'word '.repeat(5).trim()}`,
      ...['short', 'x'.repeat(90)],
      ...['word '.repeat(16).trim(), 'word', ''],
    ]);
  });
});

describe('questions on a terminal', () => {
  it('select by arrow keys', async () => {
    const { prompts, type } = line();
    const answer = prompts.select('Which?', CHOICES);
    await type([/Which\?/, DOWN + ENTER]);
    expect(await answer).toBe(2);
  });

  it('leave the answer without what explained it', async () => {
    const { prompts, type, screen } = line();
    const answer = prompts.select('Which?', [{ name: 'Yes: it is the better one', value: 1 }]);
    await type([/better one[^]*goes back/, ENTER]);
    await answer;
    expect(screen()).toContain('Yes');
    expect(screen()).not.toContain('better one');
  });

  it('mark several with space', async () => {
    const { prompts, type } = line();
    const answer = prompts.several('Which?', CHOICES, [1]);
    await type([/Which\?/, `${DOWN} ${ENTER}`]);
    expect(await answer).toEqual([1, 2]);
  });

  it('text is asked again until it is right', async () => {
    const { prompts, type } = line();
    const answer = prompts.input('Name', { validate: (text) => (text === 'good' ? undefined : 'not good') });
    await type([/Name/, `bad${ENTER}`], [/not good/, `\u0015good${ENTER}`]);
    expect(await answer).toBe('good');
  });

  it('a secret shows stars', async () => {
    const { prompts, type, screen } = line();
    const answer = prompts.secret('Passphrase');
    await type([/Passphrase/, `hunter2${ENTER}`]);
    const secret = await answer;
    expect(secret === BACK ? '' : secret.reveal()).toBe('hunter2');
    expect(screen()).toContain('*******');
    expect(screen()).not.toContain('hunter2');
  });

  it.each(['select', 'several', 'input', 'secret'] as const)('Escape goes back from %s', async (kind) => {
    const { prompts, type } = line();
    const asked = {
      select: () => prompts.select('Q', CHOICES),
      several: () => prompts.several('Q', CHOICES, []),
      input: () => prompts.input('Q'),
      secret: () => prompts.secret('Q'),
    }[kind]();
    await type([/Q/, ESCAPE]);
    expect(await asked).toBe(BACK);
  });

  it.each(['select', 'several', 'input', 'secret'] as const)(
    'Ctrl-C leaves %s with an error of ours',
    async (kind) => {
      const { prompts, type } = line();
      const asked = {
        select: () => prompts.select('Q', CHOICES),
        several: () => prompts.several('Q', CHOICES, []),
        input: () => prompts.input('Q'),
        secret: () => prompts.secret('Q'),
      }[kind]();
      const refused = expect(asked).rejects.toMatchObject({ code: 'wizard.stopped', kind: 'usage' });
      await type([/Q/, '\u0003']);
      await refused;
    },
  );

  it.each(['select', 'several', 'input', 'secret'] as const)('%s shows plain ASCII only', async (kind) => {
    const { prompts, type, screen } = line();
    const asked = {
      select: () => prompts.select('Q', CHOICES),
      several: () => prompts.several('Q', CHOICES, [1]),
      input: () => prompts.input('Q'),
      secret: () => prompts.secret('Q'),
    }[kind]();
    await type([/goes back/, ENTER]);
    await asked;
    const foreign = Array.from(screen()).filter((sign) => sign.charCodeAt(0) > 126);
    expect(foreign).toEqual([]);
  });
});
