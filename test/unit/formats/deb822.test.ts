import { describe, expect, it } from 'vitest';
import {
  parseDeb822,
  parseDeb822Fields,
  parseSingleParagraph,
  printDeb822,
} from '../../../builder/formats/deb822.ts';
import { AppError } from '../../../core/errors.ts';
import { codeOf } from '../../support/only-app-errors.ts';

describe('parseDeb822', () => {
  it('reads stanzas, folded values and comments', () => {
    const text =
      '# a comment\nPackage: a\nDescription: short\n long\n .\n\tlast\n# inside\n\n\nPackage:b  \n';
    expect(parseDeb822(text, 'f').map((p) => [...p])).toEqual([
      [
        ['package', 'a'],
        ['description', 'short\nlong\n.\nlast'],
      ],
      [['package', 'b']],
    ]);
  });

  it('keeps the spelling of names on request', () => {
    expect(parseDeb822Fields('SHA256: x\nMulti-Arch: same', 'f')).toEqual([
      [
        ['SHA256', 'x'],
        ['Multi-Arch', 'same'],
      ],
    ]);
  });

  it.each([
    ['A: 1\nB 2\n', 'deb822.field', 'f:2'],
    [' x\n', 'deb822.continuation', 'f:1'],
    ['A: 1\n\n x\n', 'deb822.continuation', 'f:3'],
    ['A: 1\nB: 2\na: 3\n', 'deb822.duplicate', 'f:3'],
    ['A: 1\n \nB: 2', 'deb822.blank-line', 'f:2'],
    ['A: 1\0\n', 'deb822.nul', 'f:1'],
    ['-A: 1\n', 'deb822.field', 'f:1'],
    [': 1\n', 'deb822.field', 'f:1'],
    ['A b: 1\n', 'deb822.field', 'f:1'],
  ])('refuses %j as %s at %s', (text, code, where) => {
    expect(codeOf(() => parseDeb822(text, 'f'))).toBe(code);
    try {
      parseDeb822(text, 'f');
    } catch (error) {
      expect((error as AppError).where).toBe(where);
    }
  });

  it('wants one paragraph where only one is legal', () => {
    expect(parseSingleParagraph('A: 1\n', 'f').get('a')).toBe('1');
    expect(codeOf(() => parseSingleParagraph('', 'f'))).toBe('deb822.paragraphs');
    expect(codeOf(() => parseSingleParagraph('A: 1\n\nA: 2\n', 'f'))).toBe('deb822.paragraphs');
  });
});

describe('printDeb822', () => {
  it('folds values', () => {
    const fields = [
      ['Package', 'a'],
      ['Conffiles', '\n/etc/a 123'],
      ['Empty', ''],
    ] as const;
    expect(printDeb822(fields)).toBe('Package: a\nConffiles:\n /etc/a 123\nEmpty:\n');
  });

  it.each([[[['a b', 'x']]], [[['A', 'x\n\ny']]], [[['A', 'x\n ']]], [[['A', 'x\0']]], [[['', 'x']]]] as [
    string,
    string,
  ][][][])('refuses %j', (fields) => {
    expect(codeOf(() => printDeb822(fields))).toBe('deb822.print');
  });
});
