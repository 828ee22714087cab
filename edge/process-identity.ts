/**
 * Who wrote a temporary file or holds a lock, so that what a killed process left can be told from what
 * a living one still needs. A process number alone is used again; with its start time, the boot and the
 * process namespace it is not.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** `dead` is certain; `unknown` is a process of another namespace, whose life cannot be seen from here. */
export type Life = 'alive' | 'dead' | 'unknown';

let own: string | undefined;

/** This process, as one word that fits a file name: boot, namespace, process number, start time. */
export function ownerTag(): string {
  own ??= [bootId(), namespaceId(), String(process.pid), startTime(process.pid) ?? '0'].join('.');
  return own;
}

/** {@link ownerTag} with a random end: a fresh name for a file of this process. */
export function uniqueTag(): string {
  return `${ownerTag()}.${randomBytes(6).toString('hex')}`;
}

/** Whether the process that made `tag` (with {@link ownerTag} or {@link uniqueTag}) still runs. */
export function lifeOf(tag: string): Life {
  const [boot, namespace, pid, start] = tag.split('.');
  if (boot === undefined || namespace === undefined || pid === undefined || start === undefined)
    return 'dead';
  if (boot !== bootId()) return 'dead';
  if (namespace !== namespaceId()) return 'unknown';
  return startTime(Number(pid)) === start ? 'alive' : 'dead';
}

/** The process number within a tag, for messages. */
export function pidOf(tag: string): string {
  return tag.split('.')[2] ?? '?';
}

function bootId(): string {
  return (read('/proc/sys/kernel/random/boot_id') ?? 'noboot').replaceAll('-', '').trim().slice(0, 12);
}

function namespaceId(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Clock ticks after boot: field 22 of proc_pid_stat(5). The name in field 2 may hold blanks and `)`. */
function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
