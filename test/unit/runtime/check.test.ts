import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { checkQubes, soundQubes } from '../../../runtime/dom0/model/check.ts';
import { RULES } from '../../../runtime/dom0/model/rules/registry.ts';
import { parseQubes } from '../../../runtime/dom0/model/source.ts';
import { BODY_LINE, BROKEN, HEAD, NIC } from '../../support/broken-qubes.ts';

describe('the rules of qube check', () => {
  it.each(BROKEN)('$rule is named with its line and a remedy ($lines)', ({ rule, body, lines, pci }) => {
    const findings = checkQubes(parseQubes(HEAD + body, 'qubes.yaml'), pci);
    const ours = findings.filter((finding) => finding.rule === rule);
    expect(ours.map(({ where }) => Number(where.split(':')[1]))).toEqual(
      lines.map((line) => BODY_LINE + line),
    );
    for (const { remedy, what, where } of ours) {
      expect(remedy).not.toBe('');
      expect(what).not.toBe('');
      expect(where).toMatch(/^qubes\.yaml:\d+:\d+$/);
    }
  });

  it('has a broken file for every rule', () => {
    expect(new Set(BROKEN.map(({ rule }) => rule))).toEqual(new Set(RULES.map(({ name }) => name)));
  });

  it('finds nothing in the default qubes', () => {
    const text = readFileSync('recipes/qubes/default.yaml', 'utf8');
    expect(checkQubes(parseQubes(text, 'default.yaml'))).toEqual([]);
  });

  it('lets a device without reset through on an explicit word', () => {
    const body =
      '  a:\n    kind: ServiceVM\n    label: red\n    virt: pv\n' +
      '    devices: [{ class: network, reset: not-required }]';
    expect(checkQubes(parseQubes(HEAD + body, 'q'), [NIC])).toEqual([]);
  });

  it('throws one error that names every finding', () => {
    const body =
      '  a:\n    kind: AppVM\n    label: red\n    netvm: dom0\n  vault:\n    kind: AppVM\n    label: black\n    netvm: fw';
    const thrown = catchError(() => soundQubes(parseQubes(HEAD + body, 'qubes.yaml')));
    expect(thrown.code).toBe('qubes.unsafe');
    expect(thrown.exitCode).toBe(2);
    expect(thrown.where).toContain('[dom0-network]');
    expect(thrown.where).toContain('[isolated]');
  });
});

describe('reading qubes.yaml', () => {
  it('names the line of every wrong field at once', () => {
    const body = '  a:\n    kind: Nothing\n    label: red\n  Bad_Name:\n    kind: AppVM\n    label: mauve';
    const { code, where = '' } = catchError(() => parseQubes(HEAD + body, 'qubes.yaml'));
    expect(code).toBe('qubes.schema');
    const lines = where.split('\n').map((line) => Number(line.split(':')[1]));
    expect(lines).toEqual(expect.arrayContaining([BODY_LINE + 1, BODY_LINE + 3]));
  });

  it('names the line of a mistake in the YAML itself', () => {
    const { code, where } = catchError(() => parseQubes(`${HEAD}  a: {\n`, 'qubes.yaml'));
    expect(code).toBe('qubes.yaml');
    expect(where).toMatch(/^qubes\.yaml:\d+:\d+$/);
  });

  it('refuses two qubes of one name', () => {
    const body = '  a: { kind: AppVM, label: red }\n  a: { kind: AppVM, label: red }';
    expect(catchError(() => parseQubes(HEAD + body, 'q')).code).toBe('qubes.yaml');
  });

  it('refuses a file of aliases within aliases', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['d', 'e'],
      ['e', 'f'],
    ] as const) {
      bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(',')}]`);
    }
    expect(catchError(() => parseQubes(bomb.join('\n'), 'q')).code).toBe('qubes.yaml');
  });
});

function catchError(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
