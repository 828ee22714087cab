import { trustsLess } from '../labels.ts';
import { eachQube, field } from './rule.ts';
import type { Label } from '../labels.ts';
import type { Qube } from '../resolve.ts';

/**
 * A netvm leads somewhere: what is less trusted than that place stays out. A ServiceVM leads wherever
 * its own netvm does and takes everybody, unless `least-label` says otherwise; any other provider (a VPN
 * into the office, say) takes qubes of at least its own label.
 */
export const labelTrust = eachQube('label-trust', (qube, { qubes }) => {
  const netvm = qube.netvm === undefined ? undefined : qubes.get(qube.netvm);
  const least = netvm === undefined ? undefined : leastLabel(netvm);
  if (netvm === undefined || least === undefined || !trustsLess(qube.label, least)) return [];
  return [
    {
      path: field(qube, 'label'),
      what: `${qube.name} is ${qube.label}, less trusted than the network of ${netvm.name}, which is for ${least} and above`,
      remedy: `give ${qube.name} another netvm, or set least-label: ${qube.label} on ${netvm.name}`,
    },
  ];
});

function leastLabel(netvm: Qube): Label | undefined {
  return netvm.leastLabel ?? (netvm.kind === 'ServiceVM' ? undefined : netvm.label);
}
