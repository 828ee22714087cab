import type { Sha256 } from '../../core/digest.ts';
import type { NodeDefinition } from './node.ts';
import type { Outputs } from './stage.ts';

/** A finished node, as the cache keeps it. */
export interface NodeRecord {
  readonly id: Sha256;
  readonly definition: NodeDefinition;
  readonly outputs: Outputs;
}

/** Where results are remembered: implemented by the store. */
export interface NodeCache {
  /** The record of a node; undefined when there is none or when one of its outputs is gone. */
  lookup(id: Sha256): Promise<NodeRecord | undefined>;
  /** Remembers a finished node, and that it was the last one in its slot. */
  record(record: NodeRecord, slot: string): Promise<void>;
  /** The record that was last remembered for a slot, even when its outputs are gone. */
  last(slot: string): Promise<NodeRecord | undefined>;
}
