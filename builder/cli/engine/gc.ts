import { formatBytes } from '../../../core/bytes.ts';
import { openStore } from '../../store/store.ts';
import type { GcRequest } from '../commands/gc.ts';
import type { Context } from '../command.ts';

/** Removes from the cache what no lock, no image and no recent run needs. */
export async function gc({ globals, clock, sink }: Context, request: GcRequest): Promise<void> {
  await using store = await openStore(globals.cache);
  const report = await store.collectGarbage({ ...request, now: clock() });
  const { removedBlobs, removedRecords, removedTrees, freed, keptBlobs, kept } = report;
  const [removed, would] = request.dryRun ? ['would remove', ' would be'] : ['removed', ''];
  const text = [
    `${removed} ${removedBlobs} files, ${removedRecords} records and ${removedTrees} toolbox trees:`,
    `${formatBytes(freed)}${would} freed;`,
    `${keptBlobs} files (${formatBytes(kept)}) stay in ${globals.cache}`,
  ].join(' ');
  sink({ type: 'result', name: 'gc', value: { ...report, dryRun: request.dryRun }, text });
}
