import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { livePrompts } from '../../../installer/ui/live-prompts.ts';
import { BACK } from '../../../installer/ui/prompts.ts';

/** Inquirer itself on two streams: what a serial line is. */
function line() {
  const input = new PassThrough();
  const output = new PassThrough();
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

describe('questions on a terminal', () => {
  it('select by arrow keys', async () => {
    const { prompts, type } = line();
    const answer = prompts.select('Which?', CHOICES);
    await type([/Which\?/, DOWN + ENTER]);
    expect(await answer).toBe(2);
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
