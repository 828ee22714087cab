import { z } from 'zod';

/** What is known of a hypervisor. */
export const xenFactsSchema = z.strictObject({
  version: z.string(),
  origin: z.enum(['source', 'upstream', 'distribution-binary']),
  reproduced: z.enum(['yes', 'no', 'unknown', 'not-compared']),
  note: z.string().optional(),
});

/** The hypervisor of an image, and whether its source gave the distribution's bytes; goes into manifests. */
export type XenFacts = z.infer<typeof xenFactsSchema>;

/** What a comparison printed (`gz same`, `efi a b differ: byte 7, line 1`), as a verdict. */
export function verdictOf(output: string): Pick<XenFacts, 'reproduced' | 'note'> {
  const lines = output.trim().split('\n');
  const different = lines.filter((line) => !/^(gz|efi) same$/.test(line));
  if (different.length === 0 && lines.length === 2) return { reproduced: 'yes' };
  return { reproduced: 'no', note: different.map(describe).join('; ') || `nothing was compared: ${output}` };
}

/** cmp(1) names files of the sandbox, which mean nothing to a reader. */
function describe(line: string): string {
  const [, kind, place] = /^(gz|efi) .* differ: (?:byte|char) (\d+)/.exec(line) ?? [];
  return kind === undefined ? line : `xen.${kind} differs from byte ${place ?? '?'} on`;
}

/** Reads back the facts that a node of Xen left in the store. */
export function parseXenFacts(text: string): XenFacts {
  return xenFactsSchema.parse(JSON.parse(text));
}

/** What was found about a hypervisor, in a line. */
export function describeXen({ version, origin, reproduced, note }: XenFacts): string {
  const made = {
    source: 'compiled from the source of the distribution',
    upstream: 'compiled from what upstream signed',
    'distribution-binary': "the distribution's binary, NOT compiled",
  }[origin];
  const why = note === undefined ? '' : ` (${note})`;
  return `Xen ${version}: ${made}; reproduced: ${reproduced}${why}`;
}
