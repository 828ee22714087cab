import { alignUp } from '../../core/bytes.ts';

/** One member of an archive. */
export interface CpioEntry {
  readonly name: string;
  /** POSIX st_mode: type and permission bits. */
  readonly mode: number;
  readonly inode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly data: Uint8Array;
}

/** A cpio archive in the "new ASCII" format (cpio(5), magic 070701) with its trailer, owned by root. */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  return Buffer.concat([...entries, TRAILER].map(member));
}

const TRAILER: CpioEntry = { name: 'TRAILER!!!', mode: 0, inode: 0, mtime: 0, data: new Uint8Array(0) };

function member({ name, mode, inode, mtime, data }: CpioEntry): Buffer {
  const path = Buffer.from(`${name}\0`);
  const fields = [inode, mode, 0, 0, 1, mtime, data.length, 0, 0, 0, 0, path.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), path])), padded(data)]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc(alignUp(bytes.length, 4) - bytes.length)]);
}
