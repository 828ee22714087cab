import { AppError } from '../../core/errors.ts';

/** How many user and group ids a sandbox has: those that Debian and Fedora packages use. */
export const SANDBOX_IDS = 65536;

/** Where the ids of root's sandboxes start when /etc/subuid reserves none: above what systemd hands out. */
const ROOT_BASE = 0x70000000;

/** One line of /proc/PID/uid_map (user_namespaces(7)): `count` ids from `inside` are `outside` outside. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/**
 * The first range of at least 65535 subordinate ids of `user` in /etc/subuid or /etc/subgid (subuid(5)),
 * named there by login name or by number.
 */
export function subordinateRange(
  text: string,
  user: { readonly name: string; readonly id: number },
): { readonly start: number; readonly count: number } | undefined {
  for (const line of text.split('\n')) {
    const [owner, start, count] = line.trim().split(':');
    if (owner !== user.name && owner !== String(user.id)) continue;
    const range = { start: Number(start), count: Number(count) };
    if (Number.isSafeInteger(range.start) && range.count >= SANDBOX_IDS - 1) return range;
  }
  return undefined;
}

/**
 * The id map of a sandbox. Id 0 inside is the calling user, or, for root, an id that owns nothing:
 * a sandbox of root must not be root to the host's files and to /proc/sys.
 *
 * @throws AppError `sandbox.no-subordinate-ids` when a user other than root has too few of them
 */
export function sandboxMap(
  user: { readonly name: string; readonly id: number },
  subordinate: { readonly start: number; readonly count: number } | undefined,
  file: '/etc/subuid' | '/etc/subgid',
): IdRange[] {
  if (user.id === 0) {
    return [{ inside: 0, outside: subordinate?.start ?? ROOT_BASE, count: SANDBOX_IDS }];
  }
  if (subordinate === undefined) {
    const option = file === '/etc/subuid' ? '--add-subuids' : '--add-subgids';
    throw new AppError({
      kind: 'tool',
      code: 'sandbox.no-subordinate-ids',
      what: `user ${user.name} has no subordinate ids, so files of other owners cannot be made without root`,
      where: file,
      expected: `a line like ${user.name}:100000:65536`,
      got: 'none of at least 65535 ids',
      next: `sudo usermod ${option} 100000-165535 ${user.name}`,
    });
  }
  return [
    { inside: 0, outside: user.id, count: 1 },
    { inside: 1, outside: subordinate.start, count: SANDBOX_IDS - 1 },
  ];
}

/** The map as newuidmap(1) takes it: triples of inside, outside, count. */
export function mapArguments(map: readonly IdRange[]): string[] {
  return map.flatMap(({ inside, outside, count }) => [inside, outside, count].map(String));
}
