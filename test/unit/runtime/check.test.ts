import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { checkQubes, soundQubes } from '../../../runtime/dom0/model/check.ts';
import { RULES } from '../../../runtime/dom0/model/rules/registry.ts';
import { parseQubes } from '../../../runtime/dom0/model/source.ts';
import type { PciDevice } from '../../../runtime/dom0/model/devices.ts';

const HEAD = `version: 1
storage: { driver: lvm-thin, group: vg, pool: pool }
defaults: { template: debian }
qubes:
  debian: { kind: TemplateVM, label: black }
  net: { kind: ServiceVM, label: red, virt: pv, provides-network: true }
  fw: { kind: ServiceVM, label: green, netvm: net, provides-network: true }
`;
const BODY_LINE = HEAD.split('\n').length;

const NIC: PciDevice = { address: '0000:00:05.0', class: '020000', resets: [], driver: undefined };

interface Case {
  readonly rule: string;
  readonly body: string;
  /** Lines after the head, from 0, that findings must name. */
  readonly lines: readonly number[];
  readonly pci?: readonly PciDevice[];
}

/** A file with each rule broken, and the lines that are to be named. */
const BROKEN: readonly Case[] = [
  { rule: 'references', body: '  a:\n    kind: AppVM\n    label: red\n    netvm: gone', lines: [3] },
  { rule: 'references', body: '  a:\n    kind: AppVM\n    label: red\n    template: gone', lines: [3] },
  { rule: 'dom0-network', body: '  a:\n    kind: AppVM\n    label: red\n    netvm: dom0', lines: [3] },
  { rule: 'dom0-network', body: '  dom0:\n    kind: AppVM\n    label: black', lines: [0] },
  {
    rule: 'network-loop',
    body:
      '  a:\n    kind: ServiceVM\n    label: red\n    provides-network: true\n    netvm: b\n' +
      '  b:\n    kind: ServiceVM\n    label: red\n    provides-network: true\n    netvm: a',
    lines: [4, 9],
  },
  {
    rule: 'network-loop',
    body: '  a:\n    kind: ServiceVM\n    label: red\n    provides-network: true\n    netvm: a',
    lines: [4],
  },
  {
    rule: 'netvm-provides',
    body: '  b: { kind: AppVM, label: red }\n  a:\n    kind: AppVM\n    label: red\n    netvm: b',
    lines: [4],
  },
  { rule: 'isolated', body: '  vault:\n    kind: AppVM\n    label: black\n    netvm: fw', lines: [3] },
  {
    rule: 'isolated',
    body: '  a:\n    kind: AppVM\n    label: black\n    isolated: true\n    netvm: fw',
    lines: [4],
  },
  {
    rule: 'isolated',
    body: '  a:\n    kind: AppVM\n    label: black\n    isolated: true\n    provides-network: true',
    lines: [4],
  },
  {
    rule: 'isolated',
    body:
      '  a:\n    kind: AppVM\n    label: black\n    virt: pv\n    isolated: true\n' +
      '    devices: [{ class: network }]',
    lines: [5],
  },
  {
    rule: 'templates',
    body: '  d: { kind: DisposableVM, label: red }\n  a:\n    kind: AppVM\n    label: red\n    template: d',
    lines: [4],
  },
  {
    rule: 'templates',
    body: '  p: { kind: AppVM, label: red }\n  a:\n    kind: DisposableVM\n    label: red\n    template: p',
    lines: [4],
  },
  { rule: 'templates', body: '  a:\n    kind: TemplateVM\n    label: red\n    template: debian', lines: [3] },
  {
    rule: 'template-network',
    body: '  a:\n    kind: TemplateVM\n    label: black\n    netvm: fw',
    lines: [3],
  },
  {
    rule: 'label-trust',
    body:
      '  vpn: { kind: AppVM, label: blue, netvm: fw, provides-network: true }\n' +
      '  a:\n    kind: AppVM\n    label: red\n    netvm: vpn',
    lines: [3],
  },
  {
    rule: 'label-trust',
    body:
      '  vpn: { kind: ServiceVM, label: red, netvm: fw, provides-network: true, least-label: green }\n' +
      '  a:\n    kind: AppVM\n    label: yellow\n    netvm: vpn',
    lines: [3],
  },
  {
    rule: 'unfiltered',
    body:
      '  card: { kind: ServiceVM, label: red, virt: pv, provides-network: true, devices: [{ class: network }] }\n' +
      '  a:\n    kind: AppVM\n    label: red\n    netvm: card',
    lines: [4],
  },
  {
    rule: 'firewall-without-network',
    body: '  a:\n    kind: AppVM\n    label: red\n    firewall: { policy: drop }',
    lines: [3],
  },
  {
    rule: 'firewall-ports',
    body:
      '  a:\n    kind: AppVM\n    label: red\n    netvm: fw\n    firewall:\n      rules:\n' +
      '        - action: drop\n          ports: ["80"]',
    lines: [7],
  },
  {
    rule: 'device-twice',
    body:
      '  a:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    devices: [{ class: usb }]\n' +
      '  b:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    devices:\n      - class: usb',
    lines: [10],
  },
  {
    rule: 'device-twice',
    body:
      '  a:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    devices: [{ address: "0000:00:05.0" }]\n' +
      '  b:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    devices:\n      - address: "0000:00:05.0"',
    lines: [10],
  },
  {
    rule: 'device-twice',
    body:
      '  a:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    devices: [{ class: network, reset: not-required }]\n' +
      '  b:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    devices:\n' +
      '      - { address: "0000:00:05.0", reset: not-required }',
    lines: [10],
    pci: [NIC],
  },
  {
    rule: 'device-virt',
    body: '  a:\n    kind: ServiceVM\n    label: red\n    virt: pvh\n    devices: [{ class: usb }]',
    lines: [3],
  },
  {
    rule: 'device-reset',
    body: '  a:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    devices:\n      - class: network',
    lines: [5],
    pci: [NIC],
  },
  {
    rule: 'usb-network',
    body: '  a:\n    kind: ServiceVM\n    label: red\n    virt: pv\n    netvm: fw\n    devices: [{ class: usb }]',
    lines: [4],
  },
  {
    rule: 'autostart-order',
    body:
      '  n: { kind: ServiceVM, label: red, provides-network: true, autostart: 30 }\n' +
      '  a:\n    kind: AppVM\n    label: red\n    netvm: n\n    autostart: 30',
    lines: [5],
  },
  {
    rule: 'disposable-kind',
    body: '  a:\n    kind: StandaloneVM\n    label: red\n    disposable: true',
    lines: [3],
  },
  {
    rule: 'disposable-kind',
    body: '  a:\n    kind: ServiceVM\n    label: red\n    disposable-template: true',
    lines: [3],
  },
  {
    rule: 'disposable-kind',
    body: '  a:\n    kind: AppVM\n    label: red\n    disposable: true\n    persist: [/var/lib/x]',
    lines: [4],
  },
  {
    rule: 'disposable-kind',
    body: '  a:\n    kind: AppVM\n    label: red\n    disposable-template: true\n    encrypt-private: true',
    lines: [4],
  },
  {
    rule: 'policy-names',
    body: 'policy:\n  - service: files.Copy\n    from: fw\n    to: gone\n    action: allow',
    lines: [3],
  },
];

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
