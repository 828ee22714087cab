import type { PciDevice } from '../../runtime/dom0/model/devices.ts';

/** What every file of `BROKEN` begins with. */
export const HEAD = `version: 1
storage: { driver: lvm-thin, group: vg, pool: pool }
defaults: { template: debian }
qubes:
  debian: { kind: TemplateVM, label: black }
  net: { kind: ServiceVM, label: red, virt: pv, provides-network: true }
  fw: { kind: ServiceVM, label: green, netvm: net, provides-network: true }
`;
/** Number of the first line after it. */
export const BODY_LINE = HEAD.split('\n').length;

/** A network card that cannot be reset. */
export const NIC: PciDevice = { address: '0000:00:05.0', class: '020000', resets: [], driver: undefined };

interface BrokenQubes {
  readonly rule: string;
  readonly body: string;
  /** Lines after the head, from 0, that findings must name. */
  readonly lines: readonly number[];
  readonly pci?: readonly PciDevice[];
}

/** A file with each rule broken, and the lines that are to be named. */
export const BROKEN: readonly BrokenQubes[] = [
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
