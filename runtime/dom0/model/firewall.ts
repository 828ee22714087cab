import { DNS_SERVERS } from './addresses.ts';
import type { Firewall } from './schema.ts';

/** A qube behind a netvm, as the netvm's rules see it. */
export interface Downstream {
  readonly name: string;
  readonly ip: string;
  readonly firewall: Firewall;
}

/** The rules that a netvm holds before it hears from dom0, and the frame of those that dom0 makes. */
const TABLE = 'inet qubeforge_forward';

/**
 * The nftables ruleset of a netvm for the qubes behind it: one chain each, chosen by source address (the
 * hotplug script lets no other source in). Replies pass; packets of the qube itself are looked at
 * one by one, so a changed rule ends running connections too. Loading it is one transaction.
 */
export function netvmRuleset(downstreams: readonly Downstream[]): string {
  const sorted = [...downstreams].sort((a, b) => (a.name < b.name ? -1 : 1));
  const jumps = sorted.map(({ name, ip }) => `    ip saddr ${ip} goto qube-${name}`);
  return [
    `table ${TABLE}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    '  chain forward {',
    '    type filter hook forward priority filter; policy drop;',
    '    meta nfproto != ipv4 counter drop',
    '    ct state invalid counter drop',
    '    ct direction reply ct state established,related counter accept',
    '    iifname != "vif*" counter drop',
    '    oifname "vif*" counter drop',
    ...jumps,
    '    counter drop',
    '  }',
    ...sorted.flatMap(qubeChain),
    '  chain outgoing {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    '    oifname != "vif*" oifname != "lo" masquerade',
    '  }',
    '}',
    '',
  ].join('\n');
}

function qubeChain({ name, firewall }: Downstream): readonly string[] {
  const dns = `    ct original ip daddr { ${DNS_SERVERS.join(', ')} } meta l4proto { tcp, udp } th dport 53 counter`;
  return [
    `  chain qube-${name} {`,
    `${dns} ${firewall.dns ? 'accept' : 'drop'}`,
    ...firewall.rules.map((rule) => `    ${ruleText(rule)}`),
    `    counter ${firewall.policy}`,
    '  }',
  ];
}

function ruleText({ action, to, protocol, ports }: Firewall['rules'][number]): string {
  const target = to === '0.0.0.0/0' ? '' : `ip daddr ${to} `;
  if (protocol === 'any') return `${target}counter ${action}`;
  if (protocol === 'icmp') return `${target}ip protocol icmp counter ${action}`;
  const match = ports === undefined ? `ip protocol ${protocol}` : `${protocol} dport { ${ports.join(', ')} }`;
  return `${target}${match} counter ${action}`;
}
