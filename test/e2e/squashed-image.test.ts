import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { decompress } from '../../builder/formats/decompress.ts';
import { SQUASHFS_OPTIONS } from '../../builder/outputs/live/squashfs.ts';
import { fromSquashfs } from '../../edge/squashed-image.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { testProject } from '../support/project.ts';

/** Files of the forms that blocks can have, each a whole number of 64 KiB. */
const FILES: readonly { readonly name: string; readonly make: string }[] = [
  { name: 'text', make: 'seq 2000000 | head -c 8M >$file' },
  { name: 'bytes that do not compress', make: 'head -c 3M /dev/urandom >$file' },
  { name: 'nothing but a hole', make: 'truncate -s 100M $file' },
  {
    name: 'holes at the beginning, between and at the end, and a short last block',
    make: `
truncate -s 64M $file
seq 300000 | dd of=$file bs=64K seek=100 conv=notrunc status=none
head -c 1M /dev/urandom | dd of=$file bs=64K seek=500 conv=notrunc status=none
truncate -s $((90 * 1024 * 1024 + 65536)) $file`,
  },
  {
    name: 'more blocks than a metadata block lists',
    make: 'seq 20000000 | head -c 100M >$file; truncate -s 1G $file; echo end >>$file; truncate -s 1025M $file',
  },
];

test('what mksquashfs makes of an image is read as unsquashfs reads it', async () => {
  await using project = await testProject();
  const { ports } = project.session;
  const toolbox = await ports.toolboxTree(
    await buildToolbox(project.session, await project.lock('toolbox-image')),
  );
  for (const { name, make } of FILES) {
    await using out = await ports.scratch();
    const { stdout } = await ports.sandbox({
      toolbox,
      script: `
mkdir /build/tree
file=/build/tree/root.img
${make}
mksquashfs /build/tree /out/image.squashfs -no-fragments ${SQUASHFS_OPTIONS.join(' ')} >&2
unsquashfs -cat /out/image.squashfs root.img | sha256sum
sha256sum <$file
sha256sum </out/image.squashfs`,
      out: out.path,
    });
    const hash = createHash('sha256');
    const content = createHash('sha256');
    const frames = Readable.from(fromSquashfs(join(out.path, 'image.squashfs'), hash), { objectMode: true });
    for await (const chunk of decompress('zst', frames)) content.update(chunk);
    const digest = content.digest('hex');
    expect([name, digest, digest, hash.digest('hex')]).toEqual([name, ...stdout.match(/[0-9a-f]{64}/g)!]);
  }
});
