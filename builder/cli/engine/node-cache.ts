import { digestOf, type Sha256 } from '../../../core/digest.ts';
import type { NodeCache, NodeRecord } from '../../graph/cache.ts';
import type { Outputs } from '../../graph/stage.ts';
import type { Store } from '../../store/store.ts';

/** Remembers nodes of the build graph in the store. */
export function nodeCache(store: Store): NodeCache {
  const slotId = (slot: string): Sha256 => digestOf({ kind: 'slot', slot });
  return {
    async lookup(id) {
      const record = await store.stage(id);
      return record?.outputs as NodeRecord | undefined;
    },
    async record(record, slot) {
      await store.putStage(record.id, { blobs: blobsOf(record.outputs), outputs: record });
      // Without blobs: what it tells stays true when they are gone.
      await store.putStage(slotId(slot), { blobs: [], outputs: record });
    },
    async last(slot) {
      const record = await store.stage(slotId(slot));
      return record?.outputs as NodeRecord | undefined;
    },
  };
}

function blobsOf(outputs: Outputs): Outputs[string][] {
  return Object.values(outputs).map(({ sha256, size }) => ({ sha256, size }));
}
