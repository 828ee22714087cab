import { eachQube, field } from './rule.ts';

/** Ports mean something for TCP and UDP only. */
export const firewallPorts = eachQube('firewall-ports', (qube) =>
  qube.firewall.rules.flatMap((rule, index) => {
    if (rule.ports === undefined || rule.protocol === 'tcp' || rule.protocol === 'udp') return [];
    return [
      {
        path: field(qube, 'firewall', 'rules', index, 'ports'),
        what: `a rule of ${qube.name} names ports but the protocol is ${rule.protocol}`,
        remedy: 'set protocol: tcp or protocol: udp, or take ports out',
      },
    ];
  }),
);
