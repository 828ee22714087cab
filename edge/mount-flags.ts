import { readFile } from 'node:fs/promises';

const KEPT = new Set(['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime']);

/**
 * Which mount flags hold for a host path, from /proc/self/mountinfo (proc(5)): a user namespace may not
 * drop them when it mounts the path again.
 */
export async function mountFlags(): Promise<(path: string) => string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const mounts = text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const [point, options] = [fields[4], fields[5]];
    if (point === undefined || options === undefined) return [];
    return [{ point: unescape(point), flags: options.split(',').filter((flag) => KEPT.has(flag)) }];
  });
  return (path) => {
    let best = { point: '', flags: [] as string[] };
    for (const mount of mounts) {
      const below = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
      if (below && mount.point.length >= best.point.length) best = mount;
    }
    return best.flags;
  };
}

/** Blanks and the like are octal escapes there. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
