import { z } from 'zod';

const schema = z.strictObject({
  version: z.string(),
  origin: z.enum(['source', 'distribution-binary']),
  reproduced: z.enum(['yes', 'no', 'unknown']),
  note: z.string().optional(),
});

/** The hypervisor of an image, and whether its source gave the distribution's bytes; goes into manifests. */
export type XenFacts = z.infer<typeof schema>;

/** What a comparison printed (`gz same`, `efi a b differ: byte 7, line 1`), as a verdict. */
export function verdictOf(output: string): Pick<XenFacts, 'reproduced' | 'note'> {
  const lines = output.trim().split('\n');
  const different = lines.filter((line) => !/^(gz|efi) same$/.test(line));
  if (different.length === 0 && lines.length === 2) return { reproduced: 'yes' };
  return { reproduced: 'no', note: different.join('; ') || `nothing was compared: ${output}` };
}

/** Reads back the facts that a node of Xen left in the store. */
export function parseXenFacts(text: string): XenFacts {
  return schema.parse(JSON.parse(text));
}
