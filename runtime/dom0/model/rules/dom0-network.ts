import { eachQube, field } from './rule.ts';

/** dom0 is no qube of the file and serves nobody's network. */
export const dom0Network = eachQube('dom0-network', (qube) => {
  if (qube.name === 'dom0') {
    return [
      {
        path: field(qube),
        what: 'dom0 cannot be described as a qube: it has no network, no template and no other settings',
        remedy: 'take the entry dom0 out',
      },
    ];
  }
  if (qube.netvm !== 'dom0') return [];
  return [
    {
      path: field(qube, 'netvm'),
      what: `${qube.name} would reach the network through dom0, which has none`,
      remedy: 'name a service qube such as sys-firewall, or none',
    },
  ];
});
