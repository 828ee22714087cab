import { describe, expect, it } from 'vitest';
import { terminalText } from '../../support/terminal-text.ts';

const E = '\u001b';

describe('terminalText', () => {
  it.each([
    ['plain lines', 'one\r\ntwo\r\n', 'one\ntwo\n'],
    ['a line that is written again', 'wrong\rright', 'right'],
    ['a shorter line over a longer one', `longer\r${E}[2Kshort`, 'short'],
    ['a list that inquirer draws again', `? a\r\n> x\r\n${E}[2A${E}[G${E}[J* a x\r\n`, '* a x\n'],
    ['colours and an erased tail', `${E}[1mbold${E}[0m tail${E}[4D${E}[K`, 'bold'],
    ['a typed letter that was taken back', 'ab\b \b', 'a'],
  ])('shows %s', (_, raw, seen) => {
    expect(terminalText(raw)).toBe(seen);
  });
});
