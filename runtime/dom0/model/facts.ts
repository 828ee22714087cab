import { sha256 } from '../../../core/digest.ts';
import { addressFor, DNS_SERVERS } from './addresses.ts';
import type { Numbers } from './addresses.ts';
import type { Qube } from './resolve.ts';

/** Keys and values below `/local/domain/ID/qubeforge`: written by dom0, only read by the guest. */
export type Facts = Readonly<Record<string, string>>;

/** A node of the Xen store holds 2048 bytes; a shorter piece leaves room for its path. */
const CHUNK = 1500;

/** What a guest is told about itself at its start. Network facts come apart, since they change. */
export function guestFacts(qube: Qube, timezone: string, numbers: Numbers): Facts {
  return {
    name: qube.name,
    kind: qube.kind,
    label: qube.label,
    disposable: qube.disposable ? '1' : '0',
    'keeps-root': qube.kind === 'TemplateVM' || qube.kind === 'StandaloneVM' ? '1' : '0',
    timezone,
    'provides-network': qube.providesNetwork ? '1' : '0',
    own: ownAddress(qube.name, numbers) ?? '',
    ...Object.fromEntries(qube.services.map((service) => [`service/${service}`, '1'])),
    ...Object.fromEntries(qube.persist.map((path, index) => [`persist/${index}`, path])),
  };
}

/** How a guest reaches its netvm; all empty without one. `gateway` is the netvm's own address. */
export function networkFacts(qube: Qube, netvm: string | undefined, numbers: Numbers): Facts {
  const gateway = netvm === undefined ? undefined : ownAddress(netvm, numbers);
  const own = ownAddress(qube.name, numbers);
  if (gateway === undefined || own === undefined) return { 'net/ip': '', 'net/gateway': '', 'net/dns': '' };
  return { 'net/ip': own, 'net/gateway': gateway, 'net/dns': DNS_SERVERS.join(' ') };
}

/**
 * A ruleset as facts, cut between lines. `firewall/digest` is to be written last: the guest watches it
 * and loads the text only when its SHA-256 is that one.
 */
export function firewallFacts(ruleset: string): Facts {
  const chunks: string[] = [''];
  for (const line of ruleset.trimEnd().split('\n')) {
    const last = chunks.at(-1) ?? '';
    if (last !== '' && last.length + line.length + 1 > CHUNK) chunks.push(line);
    else chunks[chunks.length - 1] = last === '' ? line : `${last}\n${line}`;
  }
  return {
    ...Object.fromEntries(chunks.map((chunk, index) => [`firewall/${index}`, chunk])),
    'firewall/count': String(chunks.length),
    'firewall/digest': sha256(`${chunks.join('\n')}\n`),
  };
}

function ownAddress(name: string, numbers: Numbers): string | undefined {
  const n = numbers[name];
  return n === undefined ? undefined : addressFor(name, n).ip;
}
