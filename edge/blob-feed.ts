import { linkSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobFeed } from '../builder/stages/ports.ts';
import type { Store } from '../builder/store/store.ts';
import type { Extent } from '../builder/verify/hash-chain.ts';
import { LineQueue } from './line-queue.ts';

type Temporary = AsyncDisposable & { readonly path: string };

/**
 * Fills a directory with hard links to blobs, each after its bytes were verified, and says the names as it goes.
 * Whoever reads them works on the first while the others are verified.
 */
export function feedBlobs(store: Store, directory: Temporary, blobs: readonly Extent[]): BlobFeed {
  const names = new LineQueue();
  const broken = new AbortController();
  let stopped = false;
  const fill = async (): Promise<void> => {
    for (const [index, blob] of blobs.entries()) {
      if (stopped) return;
      const name = String(index).padStart(5, '0');
      linkSync(await store.verified(blob), join(directory.path, name));
      names.push(`${name}\n`);
    }
    // Not when it failed: a reader that saw an end would take a part for the whole.
    names.end();
  };
  const filling = fill().catch((error: unknown) => {
    broken.abort(error);
  });
  return {
    path: directory.path,
    names,
    broken: broken.signal,
    async [Symbol.asyncDispose]() {
      stopped = true;
      await filling;
      await directory[Symbol.asyncDispose]();
    },
  };
}
