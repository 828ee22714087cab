/**
 * The package sources that this machine itself uses (sources.list(5)): a mirror that its owner chose is
 * likely near and reachable. Nothing is trusted because it stands there; `Signed-By` and other options
 * are not read.
 */
import { join } from 'node:path';
import { listDirectory, readIfPresent } from './files.ts';

/** One binary package source of the host. */
export interface HostSource {
  readonly uri: string;
  readonly suites: readonly string[];
}

/** Reads `sources.list` and `sources.list.d/*.{list,sources}` below `/etc/apt`. Never throws for odd content. */
export async function readHostSources(directory = '/etc/apt'): Promise<HostSource[]> {
  const parts = join(directory, 'sources.list.d');
  const files = [
    join(directory, 'sources.list'),
    ...(await listDirectory(parts)).map((name) => join(parts, name)),
  ];
  const sources: HostSource[] = [];
  for (const file of files) {
    const text = (await readIfPresent(file).catch(() => undefined))?.toString('utf8');
    if (text === undefined) continue;
    if (file.endsWith('.sources')) sources.push(...parseDeb822Sources(text));
    else if (file.endsWith('.list')) sources.push(...parseOneLineSources(text));
  }
  return sources;
}

/** `deb [options] uri suite component…`, one a line. Lines of another shape are passed over. */
export function parseOneLineSources(text: string): HostSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)/.exec(line.replace(/#.*/, ''));
    const [, uri, suite] = match ?? [];
    return uri === undefined || suite === undefined ? [] : [{ uri, suites: [suite] }];
  });
}

/** Stanzas with `Types`, `URIs` and `Suites`; those that are disabled or hold no `deb` are passed over. */
export function parseDeb822Sources(text: string): HostSource[] {
  const stanzas = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n[ \t]*\n/);
  return stanzas.flatMap((stanza) => {
    if (/^(?:no|false|off|0)$/i.test(field(stanza, 'Enabled')[0] ?? '')) return [];
    if (!field(stanza, 'Types').includes('deb')) return [];
    const suites = field(stanza, 'Suites');
    return field(stanza, 'URIs').map((uri) => ({ uri, suites }));
  });
}

/** The words of a field, continuation lines included. */
function field(stanza: string, name: string): string[] {
  const match = new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza);
  return (match?.[1] ?? '').split(/\s+/).filter((word) => word !== '');
}
