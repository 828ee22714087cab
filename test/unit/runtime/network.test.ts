import { describe, expect, it } from 'vitest';
import { networkSteps } from '../../../runtime/dom0/model/plan/network.ts';
import { resolveQubes } from '../../../runtime/dom0/model/resolve.ts';
import { parseQubes } from '../../../runtime/dom0/model/source.ts';
import type { Observed, Running } from '../../../runtime/dom0/model/observed.ts';

const QUBES = resolveQubes(
  parseQubes(
    `version: 1
storage: { driver: lvm-thin, group: vg, pool: pool }
defaults: { template: debian }
qubes:
  debian: { kind: TemplateVM, label: black }
  net: { kind: ServiceVM, label: red, provides-network: true }
  app: { kind: AppVM, label: red, netvm: net }
`,
    'qubes.yaml',
  ).file,
);

const running = (domid: number, more: Partial<Running> = {}): Running => ({
  ...{ domid, memory: 0, launched: true, ready: true, network: undefined, firewall: undefined },
  ...{ parent: undefined, settings: undefined },
  ...more,
});

/** What is done about the interface of `app`. */
function interfaces(domains: Readonly<Record<string, Running>>): readonly unknown[] {
  const observed: Observed = {
    volumes: [],
    running: new Map(Object.entries(domains)),
    numbers: { net: 2, app: 3 },
    startedSinceBoot: new Set(),
    pool: { data: 0, metadata: 0 },
  };
  return networkSteps(QUBES, observed).flatMap((step) =>
    step.do === 'network' ? [step.netvm ?? 'none'] : [],
  );
}

const BEHIND = { netvm: 'net', domid: 5 };

describe('the interface of a qube', () => {
  it('stays as it is while its netvm runs', () => {
    expect(interfaces({ net: running(5), app: running(6, { network: BEHIND }) })).toEqual([]);
  });

  it('goes when its netvm is gone', () => {
    expect(interfaces({ app: running(6, { network: BEHIND }) })).toEqual(['none']);
  });

  it('waits until the new netvm is ready', () => {
    const starting = { net: running(7, { ready: false }) };
    expect(interfaces({ ...starting, app: running(6, { network: BEHIND }) })).toEqual(['none']);
    expect(interfaces({ ...starting, app: running(6) })).toEqual([]);
  });

  it('leads to the new netvm once that is ready', () => {
    expect(interfaces({ net: running(7), app: running(6, { network: BEHIND }) })).toEqual(['net']);
    expect(interfaces({ net: running(7), app: running(6) })).toEqual(['net']);
  });
});
