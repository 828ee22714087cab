import { z } from 'zod';
import { digestOf, parseSha256, type Sha256 } from '../../core/digest.ts';
import type { NodeCache, NodeRecord } from '../graph/cache.ts';
import type { NodeDefinition } from '../graph/node.ts';
import type { Outputs } from '../graph/stage.ts';
import type { Store } from '../store/store.ts';

/** The part of the store that remembers what stages made. */
export type StageStore = Pick<Store, 'stage' | 'putStage'>;

const digest = z.string().transform((text, context): Sha256 => {
  const parsed = parseSha256(text);
  if (parsed !== undefined) return parsed;
  context.addIssue('not a SHA-256');
  return z.NEVER;
});
const recordSchema = z.strictObject({
  id: digest,
  definition: z.strictObject({
    stage: z.string(),
    version: z.number(),
    options: z.unknown(),
    inputs: z.record(z.string(), digest),
    toolbox: digest.optional(),
    epoch: z.number(),
  }),
  outputs: z.record(z.string(), z.strictObject({ sha256: digest, size: z.number() })),
});

/** The cache of the graph on the store. A slot is a record of its own, without blobs, so it outlives them. */
export function nodeCache(store: StageStore): NodeCache {
  const read = async (id: Sha256): Promise<NodeRecord | undefined> => {
    const parsed = recordSchema.safeParse((await store.stage(id))?.outputs);
    if (!parsed.success) return undefined;
    const { definition } = parsed.data;
    return { ...parsed.data, definition: { ...definition, toolbox: definition.toolbox } };
  };
  return {
    lookup: read,
    async record(record, slot) {
      const outputs = plain(record);
      await store.putStage(record.id, { blobs: Object.values(record.outputs), outputs });
      await store.putStage(slotId(slot), { blobs: [], outputs });
    },
    last: (slot) => read(slotId(slot)),
  };
}

function slotId(slot: string): Sha256 {
  return digestOf({ slot });
}

/** Without undefined members, which JSON does not have. */
function plain(record: NodeRecord): { id: Sha256; definition: Partial<NodeDefinition>; outputs: Outputs } {
  const { toolbox, ...definition } = record.definition;
  return { ...record, definition: toolbox === undefined ? definition : { ...definition, toolbox } };
}
