/** Where a file of a Debian tree comes from, by dpkg's own database in that tree. */
import type { Tree } from './tree.ts';

/** Files of dpkg's database that `originOf` reads; a tree is read with these captured. */
export const DPKG_FILES =
  /^var\/lib\/dpkg\/(diversions|info\/[^/]+\.(list|conffiles|preinst|postinst|triggers|config))$/;

export type Origin =
  /** In the list of one package, or, for a directory, of several. `name` as dpkg's info files are named. */
  | {
      readonly kind: 'package';
      readonly names: readonly string[];
      /** The path that the packages ship it as, where that is another one: a diversion moved it. */
      readonly shippedAs: string;
      readonly divertedBy?: string;
      readonly isConffile: boolean;
    }
  /** In the control archive of a package. */
  | { readonly kind: 'control'; readonly name: string }
  /** In no package: made while the image was. `scripts` are packages whose scripts mention the path. */
  | { readonly kind: 'made'; readonly by: string; readonly scripts: readonly string[] };

/** A path without symlinks on the way; its last part may be one. Undefined when there is no such file. */
export function locateIn(tree: Tree, path: string): string | undefined {
  let place: string[] = [];
  let parts = path.split('/');
  for (let links = 0; links < 40; links += 1) {
    const step = walk(tree, place, parts);
    if (step.left === undefined) return tree.has(step.place.join('/')) ? step.place.join('/') : undefined;
    place = step.place;
    parts = step.left;
  }
  return undefined;
}

/** Walks until a symlink that is not the last part. `left` is what is to be walked from `place` then. */
function walk(
  tree: Tree,
  from: readonly string[],
  parts: readonly string[],
): { readonly place: string[]; readonly left: string[] | undefined } {
  const place = [...from];
  for (const [index, part] of parts.entries()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      place.pop();
      continue;
    }
    place.push(part);
    const entry = tree.get(place.join('/'));
    const rest = parts.slice(index + 1).filter((one) => one !== '');
    if (entry?.type !== 'symlink' || rest.length === 0) continue;
    place.pop();
    const target = entry.link ?? '';
    return { place: target.startsWith('/') ? [] : place, left: [...target.split('/'), ...rest] };
  }
  return { place, left: undefined };
}

/** The origin of a path that `locateIn` gave. */
export function originOf(path: string, tree: Tree, database: ReadonlyMap<string, Buffer>): Origin {
  const control = /^var\/lib\/dpkg\/info\/([^/]+)\.[a-z0-9]+$/.exec(path)?.[1];
  if (control !== undefined) return { kind: 'control', name: control };
  const diversion = diversionsIn(tree, database).find(({ from, to }) => from === path || to === path);
  const owners = ownersIn(tree, database);
  const isMovedAway = diversion?.to === path;
  const shipped = isMovedAway ? diversion.from : path;
  const names = (owners.get(shipped) ?? []).filter((name) => {
    if (diversion === undefined) return true;
    // The package that diverts owns the original path, everybody else's file is at the other one.
    return (infoPackage(name) === diversion.by) !== isMovedAway;
  });
  if (names.length > 0) {
    const isConffile = names.some((name) => conffilesOf(name, database).includes(`/${shipped}`));
    return {
      ...{ kind: 'package', names, shippedAs: shipped, isConffile },
      ...(isMovedAway ? { divertedBy: diversion.by } : {}),
    };
  }
  return { kind: 'made', by: maker(path, tree.get(path)?.link), scripts: mentioning(`/${path}`, database) };
}

interface Diversion {
  readonly from: string;
  readonly to: string;
  /** Name of the package; `:` for a diversion by hand. */
  readonly by: string;
}

/** dpkg-divert(1): three lines each. */
function diversionsIn(tree: Tree, database: ReadonlyMap<string, Buffer>): Diversion[] {
  const lines = database.get('var/lib/dpkg/diversions')?.toString('utf8').split('\n') ?? [];
  const found: Diversion[] = [];
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [from, to, by] = lines.slice(at, at + 3) as [string, string, string];
    found.push({ from: canonical(tree, from), to: canonical(tree, to), by });
  }
  return found;
}

/** Packages (by the names of their info files) by path; lists may name a path through a merged directory. */
function ownersIn(tree: Tree, database: ReadonlyMap<string, Buffer>): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const [file, bytes] of database) {
    const name = /\/info\/([^/]+)\.list$/.exec(file)?.[1];
    if (name === undefined) continue;
    for (const line of bytes.toString('utf8').split('\n')) {
      if (line === '') continue;
      const path = canonical(tree, line);
      const known = owners.get(path);
      if (known === undefined) owners.set(path, [name]);
      else if (!known.includes(name)) known.push(name);
    }
  }
  return owners;
}

/** A path of dpkg's database as a path of the tree: `/bin/sh` is `usr/bin/sh` where /bin is a symlink. */
function canonical(tree: Tree, path: string): string {
  const plain = path.replace(/^\/\.?/, '').replace(/^\/+/, '');
  const [first, ...rest] = plain.split('/');
  const entry = first === undefined ? undefined : tree.get(first);
  if (rest.length === 0 || entry?.type !== 'symlink' || entry.link === undefined) return plain;
  return [entry.link.replace(/^\/+/, ''), ...rest].join('/');
}

function conffilesOf(name: string, database: ReadonlyMap<string, Buffer>): string[] {
  const text = database.get(`var/lib/dpkg/info/${name}.conffiles`)?.toString('utf8') ?? '';
  return text.split('\n').map((line) => line.replace(/^remove-on-upgrade\s+/, ''));
}

/** `libc6:amd64` is the package libc6. */
export function infoPackage(name: string): string {
  return name.replace(/:.*/, '');
}

function mentioning(path: string, database: ReadonlyMap<string, Buffer>): string[] {
  const found = [...database].flatMap(([file, bytes]) => {
    const name = /\/info\/([^/]+)\.(?:preinst|postinst|config)$/.exec(file)?.[1];
    return name !== undefined && bytes.includes(path) ? [infoPackage(name)] : [];
  });
  return [...new Set(found)].sort();
}

/** What makes files that no package ships; the first that matches. */
const MAKERS: readonly (readonly [RegExp, string])[] = [
  [/^var\/lib\/dpkg\//, "dpkg's own database, written when the packages were unpacked and configured"],
  [/^boot\/initrd/, 'update-initramfs, from the kernel and the packages of this tree'],
  [/^(usr\/)?lib\/modules\/[^/]+\/modules\./, 'depmod, from the modules of the kernel package'],
  [/^etc\/alternatives\//, 'update-alternatives, called by the scripts of packages'],
  [/^etc\/(hostname|hosts|locale\.conf|localtime)$/, 'the settings of the recipe (system)'],
  [
    /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$/,
    'base-passwd, the scripts of packages and the users of the recipe',
  ],
  [
    /^etc\/systemd\/system\/.*\.(wants|requires)\//,
    'systemctl enable: by scripts of packages, or the settings of the recipe',
  ],
  [/^etc\/ld\.so\.cache$/, 'ldconfig, when libc was configured'],
  [/^home\//, 'the users of the recipe'],
  [/__pycache__|\.pyc$/, 'the byte compiler of Python, when packages were configured'],
  [/^(bin|sbin|lib|lib64)$/, 'the merged /usr: the first thing in the tree'],
];

function maker(path: string, link = ''): string {
  if (link.startsWith('/etc/alternatives/')) return 'update-alternatives, called by the scripts of packages';
  const known = MAKERS.find(([paths]) => paths.test(path))?.[1];
  return known ?? 'scripts of packages, while these were configured';
}
