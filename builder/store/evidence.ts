import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import { listDirectory, readIfPresent, writeFileAtomic } from '../../edge/files.ts';
import type { Evidence, EvidenceArchive, EvidenceName } from '../lock/ports.ts';

/**
 * The signed Release files beside the locks, by their SHA-256: `recipes/locks/evidence/<sha256>.InRelease`.
 * They are committed with the locks, so a lock can be proved years later.
 */
export class EvidenceDirectory implements EvidenceArchive {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get(name: EvidenceName, digest: Sha256): Promise<Buffer | undefined> {
    return readIfPresent(join(this.#directory, `${digest}.${name}`));
  }

  async put(evidence: Evidence): Promise<void> {
    const { name, sha256, bytes } = evidence;
    if ((await this.get(name, sha256))?.equals(bytes) === true) return;
    await writeFileAtomic(join(this.#directory, `${sha256}.${name}`), bytes);
  }

  /** Removes what no lock names any more. Returns how many files went. */
  async prune(needed: ReadonlySet<Sha256>): Promise<number> {
    const dead = (await listDirectory(this.#directory)).filter(
      (name) => /^[0-9a-f]{64}\./.test(name) && !needed.has(name.slice(0, 64) as Sha256),
    );
    for (const name of dead) await rm(join(this.#directory, name), { force: true });
    return dead.length;
  }
}
