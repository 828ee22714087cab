import { constants, type BigIntStats } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { formatBytes } from '../../../core/bytes.ts';
import type { Sha256 } from '../../../core/digest.ts';
import {
  ignoreMissing,
  readIfPresent,
  sweepTemporary,
  temporaryPath,
  writeFileAtomic,
} from '../../../edge/files.ts';
import { resultOf, type Results } from '../../graph/execute.ts';
import type { Context } from '../command.ts';
import type { Product } from './plan.ts';
import type { Session } from './session.ts';

/** What lies in the output directory, so that a build with nothing to do copies and hashes nothing. */
type Inventory = Record<string, { readonly sha256: Sha256; readonly identity: string }>;

const INVENTORY = '.qubeforge.json';

/** Copies products from the store into a directory, each under its name only when complete. */
export async function placeProducts(
  { store, context }: Session,
  directory: string,
  products: readonly Product[],
  results: Results,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await sweepTemporary(directory);
  const inventory = await readInventory(directory);
  const lines: string[] = [];
  for (const { node, output, file } of products) {
    const blob = resultOf(results, node)[output];
    if (blob === undefined) continue;
    const path = join(directory, file);
    if (inventory[file]?.sha256 !== blob.sha256 || inventory[file].identity !== (await identityOf(path))) {
      await place(await store.verified(blob, file), path);
      inventory[file] = { sha256: blob.sha256, identity: (await identityOf(path)) ?? '' };
    }
    lines.push(`${blob.sha256}  ${relative(context.cwd, path)}  ${formatBytes(blob.size)}`);
  }
  const text = `${JSON.stringify(inventory, null, 2)}\n`;
  const known = await readIfPresent(join(directory, INVENTORY));
  if (known?.toString('utf8') !== text) await writeFileAtomic(join(directory, INVENTORY), text);
  report(context, lines);
}

async function place(from: string, to: string): Promise<void> {
  const temporary = temporaryPath(join(to, '..'), 'product');
  try {
    await copyFile(from, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
}

function report({ sink }: Context, lines: readonly string[]): void {
  sink({ type: 'result', name: 'products', value: lines, text: lines.join('\n') });
}

async function readInventory(directory: string): Promise<Inventory> {
  const text = await readFile(join(directory, INVENTORY), 'utf8').catch(ignoreMissing);
  try {
    return text === undefined ? {} : (JSON.parse(text) as Inventory);
  } catch {
    return {};
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  const found: BigIntStats | undefined = await stat(path, { bigint: true }).catch(ignoreMissing);
  return found === undefined ? undefined : [found.ino, found.size, found.mtimeNs].join('.');
}
