import { addressFor } from '../addresses.ts';
import { firewallFacts } from '../facts.ts';
import { netvmRuleset } from '../firewall.ts';
import type { Observed } from '../observed.ts';
import type { Qube } from '../resolve.ts';
import type { Step } from '../steps.ts';

/** Rules first, then interfaces: nothing is attached to a netvm that does not know it yet. */
export function networkSteps(qubes: ReadonlyMap<string, Qube>, observed: Observed): readonly Step[] {
  const running = [...qubes.values()].filter(({ name }) => observed.running.get(name)?.launched === true);
  return [
    ...running
      .filter((qube) => qube.providesNetwork)
      .flatMap((netvm) => rulesetSteps(netvm, qubes, observed)),
    ...running.flatMap((qube) => interfaceSteps(qube, observed)),
  ];
}

/** The rules of a netvm for every qube that the file puts behind it, running or not. */
export function rulesetOf(netvm: Qube, qubes: ReadonlyMap<string, Qube>, observed: Observed): string {
  const behind = [...qubes.values()].filter((qube) => qube.netvm === netvm.name);
  return netvmRuleset(
    behind.flatMap(({ name, firewall }) => {
      const number = observed.numbers[name];
      return number === undefined ? [] : [{ name, ip: addressFor(name, number).ip, firewall }];
    }),
  );
}

function rulesetSteps(netvm: Qube, qubes: ReadonlyMap<string, Qube>, observed: Observed): readonly Step[] {
  const ruleset = rulesetOf(netvm, qubes, observed);
  if (observed.running.get(netvm.name)?.firewall === firewallFacts(ruleset)['firewall/digest']) return [];
  return [{ do: 'firewall', netvm: netvm.name, ruleset }];
}

function interfaceSteps(qube: Qube, observed: Observed): readonly Step[] {
  const is = observed.running.get(qube.name)?.network;
  const backend = qube.netvm === undefined ? undefined : observed.running.get(qube.netvm);
  if (is?.netvm === qube.netvm && is?.domid === backend?.domid) return [];
  // xl waits for the netvm's own end, and not for long: there is none before the netvm is ready.
  if (qube.netvm === undefined || backend?.ready !== true) {
    return is === undefined ? [] : [{ do: 'network', qube: qube.name, netvm: undefined }];
  }
  return [{ do: 'network', qube: qube.name, netvm: qube.netvm }];
}
