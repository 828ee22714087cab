import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import { printDeb822 } from './deb822.ts';
import { TAR_BLOCK, type TarEntry } from './tar-entry.ts';
import { TAR_END, tarHeader, tarPadding } from './tar-write.ts';

/** One path of a package that we write. Directories above it are made with mode 0755. */
export type DebFile =
  | { readonly path: string; readonly mode: number; readonly content: string | Uint8Array }
  | { readonly path: string; readonly linkname: string }
  /** A directory that is empty, or that needs a mode of its own. */
  | { readonly path: string; readonly mode: number; readonly directory: true };

export type DebScript = 'preinst' | 'postinst' | 'prerm' | 'postrm' | 'config' | 'triggers' | 'templates';

/** A binary package to write. */
export interface DebSpec {
  /** The control fields in their order; `Installed-Size` is added when it is not among them. */
  readonly control: Iterable<readonly [string, string]>;
  readonly scripts?: Partial<Readonly<Record<DebScript, string>>>;
  /** Absolute paths. */
  readonly conffiles?: readonly string[];
  /** Paths are relative to the root, without leading `./`. */
  readonly files: readonly DebFile[];
  /** Time of every entry, in seconds since 1970. */
  readonly epoch: number;
}

/**
 * A .deb (deb(5)) whose bytes depend on the arguments only. Its two tars are not compressed: what zlib makes
 * of the same bytes differs between Node releases and processors, and images are compressed as a whole.
 * Throws an `AppError` of kind `bug` for paths that are no plain relative paths, stand twice,
 * or do not fit a ustar header.
 */
export function writeDeb(spec: DebSpec): Buffer {
  const files = withDirectories(spec.files);
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    arMember('debian-binary', Buffer.from('2.0\n'), spec.epoch),
    arMember('control.tar', tar(controlFiles(spec, files), spec.epoch), spec.epoch),
    arMember('data.tar', tar(files, spec.epoch), spec.epoch),
  ]);
}

interface Node {
  /** Relative, without `./`; empty for the root. */
  readonly path: string;
  readonly mode: number;
  readonly content?: Buffer;
  readonly linkname?: string;
}

const SCRIPT_MODES: Readonly<Record<DebScript, number>> = {
  preinst: 0o755,
  postinst: 0o755,
  prerm: 0o755,
  postrm: 0o755,
  config: 0o755,
  triggers: 0o644,
  templates: 0o644,
};

function controlFiles(spec: DebSpec, files: readonly Node[]): Node[] {
  const fields = [...spec.control];
  if (!fields.some(([name]) => name.toLowerCase() === 'installed-size')) {
    fields.push(['Installed-Size', String(installedSize(files))]);
  }
  const text = (path: string, content: string, mode = 0o644): Node => ({
    path,
    mode,
    content: Buffer.from(content),
  });
  const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join('');
  const md5sums = files.flatMap(({ path, content }) =>
    content === undefined ? [] : [`${createHash('md5').update(content).digest('hex')}  ${path}`],
  );
  const scripts = Object.entries(spec.scripts ?? {}) as [DebScript, string][];
  return [
    { path: '', mode: 0o755 },
    ...(spec.conffiles === undefined ? [] : [text('conffiles', lines(spec.conffiles))]),
    text('control', printDeb822(fields)),
    text('md5sums', lines(md5sums)),
    ...scripts.map(([name, content]) => text(name, content, SCRIPT_MODES[name])),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** KiB as dpkg-gencontrol counts: files rounded up, everything else as 1. */
function installedSize(files: readonly Node[]): number {
  return files.reduce(
    (sum, { content }) => sum + (content === undefined ? 1 : Math.ceil(content.length / 1024)),
    0,
  );
}

function withDirectories(files: readonly DebFile[]): Node[] {
  const nodes = new Map<string, Node>();
  for (const file of files) {
    checkPath(file.path, nodes.has(file.path));
    nodes.set(file.path, nodeOf(file));
  }
  for (const { path } of files) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const parent = path.slice(0, slash);
      const known = nodes.get(parent);
      if (known !== undefined && (known.content !== undefined || known.linkname !== undefined)) {
        throw unwritable(path, 'lies below something that is no directory');
      }
      if (known === undefined) nodes.set(parent, { path: parent, mode: 0o755 });
    }
  }
  const root: Node = { path: '', mode: 0o755 };
  // By segment, so that each directory stands directly before what it holds.
  const sorted = [...nodes.values()].sort((a, b) => (sortKey(a.path) < sortKey(b.path) ? -1 : 1));
  // Symlinks last, as dpkg-deb packs them: dpkg unpacks them last in any case, and lists files in that order.
  const isLink = ({ linkname }: Node): boolean => linkname !== undefined;
  return [root, ...sorted.filter((node) => !isLink(node)), ...sorted.filter(isLink)];
}

function sortKey(path: string): string {
  return path.replaceAll('/', '\0');
}

function nodeOf(file: DebFile): Node {
  if ('linkname' in file) return { path: file.path, mode: 0o777, linkname: file.linkname };
  if ('directory' in file) return { path: file.path, mode: file.mode };
  return { path: file.path, mode: file.mode, content: Buffer.from(file.content as Uint8Array) };
}

const UNPLAIN = /^$|^\/|\/$|\/\/|(?:^|\/)\.\.?(?:\/|$)|[\0\n]/;

function checkPath(path: string, twice: boolean): void {
  if (UNPLAIN.test(path)) throw unwritable(path, 'is not a plain relative path');
  if (twice) throw unwritable(path, 'stands twice');
}

function unwritable(path: string, why: string): AppError {
  return new AppError({
    kind: 'bug',
    code: 'deb.write',
    what: `A path of the package ${why}.`,
    got: JSON.stringify(path),
  });
}

function tar(nodes: readonly Node[], epoch: number): Buffer {
  const parts = nodes.flatMap((node) => {
    const content = node.content ?? Buffer.alloc(0);
    const header = tarHeader(tarEntry(node, content.length, epoch));
    // dpkg reads no PAX headers.
    if (header.length !== TAR_BLOCK) throw unwritable(node.path, 'is too long for ustar or not ASCII');
    return [header, content, tarPadding(content.length)];
  });
  return Buffer.concat([...parts, TAR_END]);
}

function tarEntry({ path, mode, content, linkname }: Node, size: number, mtime: number): TarEntry {
  const common = { mode, uid: 0, gid: 0, uname: 'root', gname: 'root', size, mtime };
  if (linkname !== undefined) return { ...common, path: `./${path}`, type: 'symlink', linkname };
  if (content !== undefined) return { ...common, path: `./${path}`, type: 'file' };
  return { ...common, path: path === '' ? './' : `./${path}/`, type: 'directory' };
}

/** A member with its header of 60 bytes, filled up to an even length (ar(5)). */
function arMember(name: string, content: Buffer, epoch: number): Buffer {
  const header = [
    name.padEnd(16),
    String(epoch).padEnd(12),
    '0'.padEnd(6),
    '0'.padEnd(6),
    '100644'.padEnd(8),
    String(content.length).padEnd(10),
    '`\n',
  ].join('');
  const padding = content.length % 2 === 0 ? '' : '\n';
  return Buffer.concat([Buffer.from(header, 'latin1'), content, Buffer.from(padding)]);
}
