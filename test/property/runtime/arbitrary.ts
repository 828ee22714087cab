import fc from 'fast-check';
import { GIB, MIB } from '../../../core/bytes.ts';
import { LABELS } from '../../../runtime/dom0/model/labels.ts';
import { sameVolume } from '../../../runtime/dom0/model/volumes.ts';
import type { Observed, Running } from '../../../runtime/dom0/model/observed.ts';
import type { Qube } from '../../../runtime/dom0/model/resolve.ts';
import type { Form, Role, Volume } from '../../../runtime/dom0/model/volumes.ts';

/** Names that collide often: what is observed is then about the qubes of the file, about gone ones and about disposables. */
const NAMES = ['tpl', 'net', 'fw', 'app', 'alone', 'stray', 'disp-1', 'disp-2'];

function qube(name: string, change: Partial<Qube>): Qube {
  return {
    name,
    kind: 'AppVM',
    template: 'tpl',
    label: 'red',
    netvm: undefined,
    providesNetwork: false,
    leastLabel: undefined,
    isolated: false,
    memory: 400 * MIB,
    vcpus: 1,
    virt: 'pvh',
    volumes: { root: 20 * GIB, private: 8 * GIB, volatile: 2 * GIB },
    encryptPrivate: false,
    autostart: undefined,
    disposable: false,
    disposableTemplate: false,
    devices: [],
    firewall: { policy: 'accept', dns: true, rules: [] },
    services: [],
    persist: [],
    ...change,
  };
}

/** A sound set of qubes: a template, a chain of two netvms, an AppVM, a standalone qube; some of them left out. */
export const qubes: fc.Arbitrary<ReadonlyMap<string, Qube>> = fc
  .record({
    kept: fc.subarray(['net', 'fw', 'app', 'alone']),
    encryptPrivate: fc.boolean(),
    disposable: fc.boolean(),
    label: fc.constantFrom(...LABELS),
    size: fc.integer({ min: 1, max: 30 }),
    policy: fc.constantFrom('accept', 'drop'),
    online: fc.boolean(),
  })
  .map(({ kept, encryptPrivate, disposable, label, size, policy, online }) => {
    const volumes = { root: size * GIB, private: size * GIB, volatile: GIB };
    const netvm = (name: string): string | undefined => (kept.includes(name) ? name : undefined);
    const all = [
      qube('tpl', { kind: 'TemplateVM', template: undefined }),
      qube('net', { kind: 'ServiceVM', providesNetwork: true }),
      qube('fw', { kind: 'ServiceVM', providesNetwork: true, disposable, netvm: netvm('net') }),
      qube('app', {
        label,
        encryptPrivate,
        volumes,
        netvm: online ? netvm('fw') : undefined,
        disposableTemplate: !encryptPrivate,
        firewall: { policy, dns: true, rules: [] },
      }),
      qube('alone', { kind: 'StandaloneVM', volumes }),
    ];
    return new Map(
      all.filter(({ name }) => name === 'tpl' || kept.includes(name)).map((one) => [one.name, one]),
    );
  });

const volume: fc.Arbitrary<Volume> = fc.record({
  qube: fc.constantFrom(...NAMES),
  role: fc.constantFrom<Role>('root', 'private', 'volatile'),
  form: fc.oneof(fc.constantFrom<Form>('base', 'run', 'new'), fc.integer({ min: 1, max: 6 })),
  bytes: fc.integer({ min: 1, max: 30 }).map((n) => n * GIB),
});

const running: fc.Arbitrary<Running> = fc.record({
  domid: fc.integer({ min: 1, max: 9 }),
  memory: fc.constant(400 * MIB),
  launched: fc.boolean(),
  ready: fc.boolean(),
  network: fc.option(
    fc.record({ netvm: fc.constantFrom('net', 'fw'), domid: fc.integer({ min: 1, max: 9 }) }),
    { nil: undefined },
  ),
  firewall: fc.constantFrom(undefined, 'stale'),
  parent: fc.constantFrom(undefined, 'app'),
  settings: fc.constant(undefined),
});

/** Any state a machine may be found in, sensible or not. */
export const observed: fc.Arbitrary<Observed> = fc.record({
  volumes: fc.uniqueArray(volume, { comparator: sameVolume, maxLength: 14 }),
  running: fc
    .uniqueArray(fc.constantFrom(...NAMES), { maxLength: 5 })
    .chain((names) =>
      fc
        .tuple(...names.map(() => running))
        .map((facts) => new Map(names.map((name, index) => [name, facts[index]!]))),
    ),
  numbers: fc
    .uniqueArray(fc.constantFrom(...NAMES))
    .map((names) => Object.fromEntries(names.map((name, index) => [name, index + 1]))),
  startedSinceBoot: fc.subarray(NAMES).map((names) => new Set(names)),
  pool: fc.record({ data: fc.integer({ min: 0, max: 100 }), metadata: fc.constant(10) }),
});
