import type { Sha256 } from '../../../core/digest.ts';
import type { XenFacts } from '../../report/xen.ts';
import { sortedPaths, type MediumTree } from './tree.ts';

/** A file system on the medium that the installer writes to a disk. */
export interface MediumImage {
  /** `dom0`, or the name of the TemplateVM. */
  readonly name: string;
  readonly kind: 'dom0' | 'template';
  /** Compressed file below the medium's root: `.zst`, or `.squashfs` with one file, `root.img`. */
  readonly path: string;
  /** Bytes of the file system in it. */
  readonly rawSize: number;
}

export interface ManifestFacts {
  /** SOURCE_DATE_EPOCH, seconds since 1970. */
  readonly created: number;
  readonly label: string;
  readonly images: readonly MediumImage[];
  readonly xen: XenFacts;
  /** Digest of the lock by recipe that went into the medium. */
  readonly locks: Readonly<Record<string, Sha256>>;
}

/**
 * The text of manifest.json: what the installer and `verify-medium` trust once its signature holds. `files` has
 * every file but the manifest, its signature, and the two files made of their digests.
 */
export function manifestText(facts: ManifestFacts, tree: MediumTree): string {
  const manifest = {
    format: 'qubeforge-medium/1',
    created: facts.created,
    label: facts.label,
    xen: facts.xen,
    locks: facts.locks,
    images: facts.images.map(({ name, kind, path, rawSize }) => ({
      name,
      kind,
      path,
      sha256: tree[path]?.sha256,
      size: tree[path]?.size,
      'raw-size': rawSize,
    })),
    // A result from the cache may have its fields in another order than a fresh one.
    files: sortedPaths(tree).map((path) => ({ path, size: tree[path]?.size, sha256: tree[path]?.sha256 })),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
