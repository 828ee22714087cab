import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, link, lstat, mkdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Extract } from 'tar-stream';
import { USR_MERGE } from '../builder/stages/debian/open-deb.ts';

/** Where a sandbox mounts what a job is given. */
const MOUNT_POINTS = ['dev', 'proc', 'sys', 'tmp', 'in', 'out', 'job', 'build'];

/** What maintainer scripts would have made and tools ask for. */
const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
};
const LINKS: Readonly<Record<string, string>> = { 'usr/bin/awk': 'mawk' };

/** What no program of a toolbox reads: half of its files, and each is hashed by every build. */
const NEEDLESS = /^(\.\/)?usr\/share\/(doc|info|locale|man)\//;

/** Unpacks data archives that `openDeb` has found safe, in order, into an empty directory. */
export async function unpackToolbox(archives: readonly string[], root: string): Promise<void> {
  for (const [path, target] of USR_MERGE) {
    await mkdir(join(root, target), { recursive: true });
    await symlink(target, join(root, path));
  }
  for (const archive of archives) await unpackArchive(archive, root);
  for (const name of MOUNT_POINTS) await mkdir(join(root, name), { recursive: true });
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: 0o644 });
  }
  for (const [path, target] of Object.entries(LINKS)) {
    if ((await lstat(join(root, dirname(path), target)).catch(() => undefined)) === undefined) continue;
    await symlink(target, join(root, path)).catch(() => undefined);
  }
}

async function unpackArchive(archive: string, root: string): Promise<void> {
  const entries = extract();
  const unpacking = async (): Promise<void> => {
    for await (const entry of entries) {
      if (NEEDLESS.test(entry.header.name)) entry.resume();
      else await unpackEntry(entry, root);
    }
  };
  await Promise.all([
    pipeline(createReadStream(archive, { highWaterMark: 512 * 1024 }), entries),
    unpacking(),
  ]);
}

type Entry = Extract extends AsyncIterable<infer S> ? S : never;

/** Owners are the caller, set-id bits are dropped, and whatever anybody may read in a sandbox is readable. */
async function unpackEntry(entry: Entry, root: string): Promise<void> {
  const { name, type, linkname, mode } = entry.header;
  const path = join(root, name);
  if (type === 'directory') {
    await mkdir(path, { recursive: true });
    entry.resume();
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  if (USR_MERGE.has(name.replace(/^\.\//, ''))) {
    entry.resume();
    return;
  }
  await unlink(path).catch(() => undefined);
  if (type === 'symlink') await symlink(linkname, path);
  else if (type === 'link') await link(join(root, linkname), path);
  else {
    await pipeline(entry, createWriteStream(path, { mode: 0o644 }));
    if ((mode & 0o111) !== 0) await chmod(path, 0o755);
    return;
  }
  entry.resume();
}
