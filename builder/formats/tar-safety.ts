import { malformed } from './malformed.ts';
import type { TarEntry, TarEntryType } from './tar-entry.ts';

export interface TarSafetyOptions {
  /** Accept device nodes; off, because no package needs them. */
  readonly devices?: boolean;
  /**
   * Symlinks that the target directory already holds, by path without leading `./`: `lib` → `usr/lib`.
   * Entries below them land where they point, if that is inside, and so does a directory of their name: as
   * dpkg does, it leaves them what they are.
   */
  readonly links?: ReadonlyMap<string, string>;
  /** Names the archive in failures. */
  readonly where?: string;
}

interface Seen {
  readonly type: TarEntryType;
  /** For symlinks: as stored. */
  readonly target?: string;
}

/** What one archive has brought so far. Make one for each archive. */
export interface TarSafetyState {
  readonly devices: boolean;
  readonly where: string;
  readonly seen: Map<string, Seen>;
  /** The paths of the symlinks that were there before. */
  readonly given: ReadonlySet<string>;
}

/** An entry that may be unpacked, its names brought to one form. */
export interface SafeEntry {
  /** Below the target directory, without `./`, doubled or final slashes; empty for the directory itself. */
  readonly path: string;
  /** For hardlinks: the path, of the same form, of the entry to link to. */
  readonly target?: string;
  readonly setuid: boolean;
  readonly setgid: boolean;
}

export function newTarSafety(options: TarSafetyOptions = {}): TarSafetyState {
  const links = [...(options.links ?? [])].map(([path, target]): [string, Seen] => [
    path,
    { type: 'symlink', target },
  ]);
  return {
    devices: options.devices ?? false,
    where: options.where ?? 'archive',
    seen: new Map(links),
    given: new Set(options.links?.keys()),
  };
}

/**
 * Decides whether an entry may be unpacked, before anything is. Call it for the entries of an archive in
 * their order. Throws an `AppError` (`tar-safety.*`) for
 *  - a name that is absolute, climbs with `..`, is empty or too long, or holds control characters;
 *  - an entry below a symlink (of this archive, or given at the start) that leads out of the target
 *    directory, or below something that is no directory. A symlink to a place inside is followed, as usr-merge
 *    needs, and `path` of the result is where the entry lands;
 *  - a hardlink to anything but a file or symlink that came before it;
 *  - a device node, unless allowed;
 *  - a second entry of one path, unless both are directories, or files.
 * Symlinks may point anywhere: they are data, as long as nothing is written through them.
 */
export function checkEntry(entry: TarEntry, state: TarSafetyState): SafeEntry {
  const segments = segmentsOf(entry.path, state);
  const named = landing(segments, state);
  const path =
    entry.type === 'directory' && state.given.has(named)
      ? followDirectories(named.split('/'), state).join('/')
      : named;
  const target = entry.type === 'hardlink' ? hardlinkTarget(entry, state) : undefined;
  if (!state.devices && (entry.type === 'char' || entry.type === 'block')) {
    throw refuse('device', 'The archive holds a device node.', entry.path, state);
  }
  record(path, entry, target, state);
  const executable = entry.type === 'file' || entry.type === 'hardlink';
  return {
    path,
    ...(target !== undefined && { target }),
    setuid: executable && (entry.mode & 0o4000) !== 0,
    setgid: executable && (entry.mode & 0o2000) !== 0,
  };
}

const MAX_PATH = 4095;
const MAX_SEGMENT = 255;
const CONTROL = /\p{Cc}/u;

function segmentsOf(name: string, state: TarSafetyState): string[] {
  if (name === '') throw refuse('name', 'An entry has an empty name.', name, state);
  if (CONTROL.test(name)) throw refuse('name', 'A name holds control characters.', name, state);
  if (name.startsWith('/')) throw refuse('absolute', 'A name is absolute.', name, state);
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw refuse('parent', 'A name climbs with "..".', name, state);
  if (
    Buffer.byteLength(name) > MAX_PATH ||
    segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT)
  ) {
    throw refuse('length', 'A name is too long.', name, state);
  }
  return segments;
}

/** Where the last segment lands once the symlinks before it are followed. */
function landing(segments: readonly string[], state: TarSafetyState): string {
  const last = segments.at(-1);
  if (last === undefined) return '';
  const parent = followDirectories(segments.slice(0, -1), state);
  return [...parent, last].join('/');
}

/** As many symlinks as the kernel follows in one path. */
const MAX_LINKS = 40;

/** The real place of a directory, by the symlinks known so far; nothing may lead out or through a file. */
function followDirectories(segments: readonly string[], state: TarSafetyState): string[] {
  const shown = segments.join('/');
  const pending = segments.toReversed();
  const place: string[] = [];
  let followed = 0;
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    if (segment === '..') {
      if (place.pop() === undefined)
        throw refuse('link', 'A symlink leads out of the archive.', shown, state);
      continue;
    }
    place.push(segment);
    const seen = state.seen.get(place.join('/'));
    if (seen === undefined || seen.type === 'directory') continue;
    if (seen.type !== 'symlink') {
      throw refuse('not-directory', `A name leads through a ${seen.type}.`, shown, state);
    }
    followed += 1;
    place.pop();
    pending.push(...linkSegments(seen.target ?? '', shown, state).reverse());
    if (followed > MAX_LINKS || pending.length > MAX_PATH) {
      throw refuse('link', 'The symlinks of the archive form a loop.', shown, state);
    }
  }
  return place;
}

function linkSegments(target: string, shown: string, state: TarSafetyState): string[] {
  if (target.startsWith('/')) {
    throw refuse(
      'link',
      'An entry lies below a symlink to an absolute path.',
      `${shown} -> ${target}`,
      state,
    );
  }
  return target.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function hardlinkTarget(entry: TarEntry, state: TarSafetyState): string {
  const target = landing(segmentsOf(entry.linkname ?? '', state), state);
  const type = state.seen.get(target)?.type;
  if (type !== 'file' && type !== 'symlink') {
    const what = type === undefined ? 'something that did not come before it' : `a ${type}`;
    throw refuse('hardlink', `A hardlink names ${what}.`, `${entry.path} -> ${entry.linkname ?? ''}`, state);
  }
  return target;
}

function record(path: string, entry: TarEntry, target: string | undefined, state: TarSafetyState): void {
  const linked = target === undefined ? undefined : state.seen.get(target);
  const now: Seen = linked ?? {
    type: entry.type,
    ...(entry.type === 'symlink' && { target: symlinkTarget(entry, state) }),
  };
  const before: Seen | undefined = path === '' ? { type: 'directory' } : state.seen.get(path);
  if (before !== undefined && !mayRepeat(before, now, target === path)) {
    throw refuse('duplicate', `A ${now.type} takes the place of a ${before.type}.`, entry.path, state);
  }
  // Parents that have no entry of their own are directories from now on, so no link can take their place.
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const parent = path.slice(0, slash);
    if (state.seen.has(parent)) break;
    state.seen.set(parent, { type: 'directory' });
  }
  state.seen.set(path, now);
}

/** Whether `now` may come where `before` stands. */
function mayRepeat(before: Seen, now: Seen, isOwnLink: boolean): boolean {
  if (before.type !== now.type) return false;
  if (now.type === 'directory') return true;
  // The same link again changes nothing: base-files ships the links of usr-merge.
  if (now.type === 'symlink') return before.target === now.target;
  return now.type === 'file' && !isOwnLink;
}

function symlinkTarget(entry: TarEntry, state: TarSafetyState): string {
  const target = entry.linkname ?? '';
  if (target === '' || target.includes('\0') || Buffer.byteLength(target) > MAX_PATH) {
    throw refuse('link', 'A symlink has no usable target.', entry.path, state);
  }
  return target;
}

function refuse(code: string, what: string, got: string, state: TarSafetyState): Error {
  return malformed(`tar-safety.${code}`, `${what} The archive is not unpacked.`, state.where, { got });
}
