import { eachQube, field } from './rule.ts';

/** Rules that nothing enforces would only look safe. */
export const firewallWithoutNetwork = eachQube('firewall-without-network', (qube, { file }) => {
  if (qube.netvm !== undefined || file.qubes[qube.name]?.firewall === undefined) return [];
  return [
    {
      path: field(qube, 'firewall'),
      what: `${qube.name} has firewall rules but no netvm that would keep them`,
      remedy: 'name a netvm, or take the firewall out',
    },
  ];
});
