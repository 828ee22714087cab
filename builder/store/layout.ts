import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';

/** The shape of the directory; another number is another store, beside this one. */
const FORMAT = 'v1';

/** Where everything lies within a cache directory. */
export class Layout {
  readonly root: string;
  readonly tmp: string;
  readonly leases: string;
  readonly roots: string;
  readonly gcLock: string;

  constructor(cacheDirectory: string) {
    this.root = join(cacheDirectory, 'store', FORMAT);
    this.tmp = join(this.root, 'tmp');
    this.leases = join(this.root, 'leases');
    this.roots = join(this.root, 'roots');
    this.gcLock = join(this.root, 'gc.lock');
  }

  /** Toolboxes as directories, named by the SHA-256 of their lists. */
  trees(): string {
    return join(this.root, 'trees');
  }

  /** What failed jobs left, kept on demand. */
  failed(): string {
    return join(this.root, 'failed');
  }

  blobs(): string {
    return join(this.root, 'blobs', 'sha256');
  }

  blob(digest: Sha256): string {
    return join(this.blobs(), digest.slice(0, 2), digest);
  }

  records(kind: RecordKind): string {
    return join(this.root, kind);
  }

  record(kind: RecordKind, id: Sha256): string {
    return join(this.records(kind), id.slice(0, 2), `${id}.json`);
  }
}

/** `stages`: what a stage of the graph made. `derived`: what was computed from blobs (decompressed …). */
export type RecordKind = 'stages' | 'derived';

/** The cache directory: `--cache`, else `$XDG_CACHE_HOME/qubeforge`, else `~/.cache/qubeforge`. */
export function cacheDirectory(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (option !== undefined) return option;
  const xdg = env['XDG_CACHE_HOME'];
  // The XDG Base Directory Specification: relative paths are invalid and ignored.
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env['HOME'] ?? homedir(), '.cache');
  return join(base, 'qubeforge');
}
