import type { TarEntry } from '../../builder/formats/tar-entry.ts';

type Node =
  { readonly kind: 'file' } | { readonly kind: 'link'; readonly to: string } | { readonly kind: 'directory' };

/** The unpack directory of the model, deep enough that a climb shows. */
const BASE = ['srv', 'unpack', 'here'];

/**
 * A file system in memory that behaves like the kernel: it follows each symlink on the way, absolute ones from
 * the real root, and `..` from where it stands. `write` creates the entry below the unpack directory and
 * returns where it landed, relative to that directory; it throws when that is outside.
 */
export class TreeModel {
  readonly #nodes = new Map<string, Node>();

  write(entry: TarEntry, hardlinkTarget: string | undefined): string {
    const segments = entry.path.split('/').filter((segment) => segment !== '' && segment !== '.');
    const parent = this.#walk([...BASE], segments.slice(0, -1), 0);
    const place = segments.length === 0 ? BASE : [...parent, segments.at(-1) ?? ''];
    if (BASE.some((segment, index) => place[index] !== segment)) {
      throw new Error(`written outside: /${place.join('/')}`);
    }
    const relative = place.slice(BASE.length).join('/');
    if (hardlinkTarget !== undefined) {
      const linked = this.#nodes.get([...BASE, hardlinkTarget].join('/'));
      if (linked === undefined || linked.kind === 'directory') throw new Error('hardlink to nothing');
      this.#nodes.set(place.join('/'), linked);
    } else this.#nodes.set(place.join('/'), nodeOf(entry));
    return relative;
  }

  /** Makes directories on the way that do not exist, as unpackers do. */
  #walk(from: string[], segments: readonly string[], depth: number): string[] {
    if (depth > 60) throw new Error('loop');
    const place = [...from];
    for (const [index, segment] of segments.entries()) {
      if (segment === '..') {
        place.pop();
        continue;
      }
      place.push(segment);
      const node = this.#nodes.get(place.join('/'));
      if (node?.kind === 'file') throw new Error('through a file');
      if (node?.kind !== 'link') continue;
      place.pop();
      const start = node.to.startsWith('/') ? [] : place;
      const target = node.to.split('/').filter((part) => part !== '' && part !== '.');
      return this.#walk(start, [...target, ...segments.slice(index + 1)], depth + 1);
    }
    return place;
  }
}

function nodeOf(entry: TarEntry): Node {
  if (entry.type === 'symlink') return { kind: 'link', to: entry.linkname ?? '' };
  return { kind: entry.type === 'directory' ? 'directory' : 'file' };
}
