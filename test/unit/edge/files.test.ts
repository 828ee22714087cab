import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { hashFile, hashWhileWritten, readIfPresent, writeFileAtomic } from '../../../edge/files.ts';
import { acquireLock } from '../../../edge/lock-file.ts';
import { lifeOf, ownerTag, uniqueTag } from '../../../edge/process-identity.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** A tag of a process that is no more: our own, started at another time. */
const deadTag = (): string => uniqueTag().replace(/\.\d+\.(\w+)$/, '.1.$1');

describe('writeFileAtomic', () => {
  test('makes directories, replaces files and leaves nothing else', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'a/b/file.json');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, Buffer.from('new'), { mode: 0o600 });
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dir.path, 'a/b'))).toEqual(['file.json']);
  });

  test('sweeps what a killed writer of the same file left, and not that of living or other ones', async () => {
    await using dir = await temporaryDirectory();
    const names = [`.file.tmp-${deadTag()}`, `.file.tmp-${uniqueTag()}`, `.other.tmp-${deadTag()}`];
    for (const name of names) await writeFile(join(dir.path, name), 'half');
    await writeFileAtomic(join(dir.path, 'file'), 'whole');
    expect((await readdir(dir.path)).sort()).toEqual([names[1], names[2], 'file'].sort());
  });

  test('leaves the old file and no other when it cannot write', async () => {
    await using dir = await temporaryDirectory();
    await writeFileAtomic(join(dir.path, 'file/inner'), 'x');
    await expect(writeFileAtomic(join(dir.path, 'file'), 'y')).rejects.toThrow('EISDIR');
    expect(await readdir(dir.path)).toEqual(['file']);
  });
});

test('hashFile reads size and SHA-256; a missing file is undefined', async () => {
  await using dir = await temporaryDirectory();
  const data = Buffer.alloc(3 * 1024 * 1024 + 7, 'abc');
  await writeFile(join(dir.path, 'x'), data);
  expect(await hashFile(join(dir.path, 'x'))).toEqual({ size: data.length, sha256: sha256(data) });
  expect(await hashFile(join(dir.path, 'y'))).toBeUndefined();
  expect(await readIfPresent(join(dir.path, 'y'))).toBeUndefined();
});

test('a tag tells whether its process lives', () => {
  expect(lifeOf(uniqueTag())).toBe('alive');
  expect(lifeOf(ownerTag())).toBe('alive');
  expect(lifeOf(deadTag())).toBe('dead');
  expect(lifeOf('rubbish')).toBe('dead');
  const [boot, , ...rest] = uniqueTag().split('.');
  expect(lifeOf([boot, '1', ...rest].join('.'))).toBe('unknown');
});

describe('acquireLock', () => {
  const options = { what: 'the output directory' };

  test('keeps others out, names the holder, and lets go', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'lock');
    {
      await using _ = await acquireLock(path, options);
      const error = await appErrorOf(() => acquireLock(path, options));
      expect(error).toMatchObject({ kind: 'busy', code: 'lock.busy', got: `process ${process.pid}` });
      expect(error.message).toContain('the output directory');
      expect(error.exitCode).toBe(7);
    }
    await using _ = await acquireLock(path, options);
    expect(await readdir(dir.path)).toEqual(['lock']);
  });

  test('takes over from a dead holder', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'lock');
    await writeFile(path, deadTag());
    await using _ = await acquireLock(path, options);
    expect(lifeOf(await readFile(path, 'utf8'))).toBe('alive');
    expect(await readdir(dir.path)).toEqual(['lock']);
  });

  test('lets one of many in at a time, even over a dead holder', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'lock');
    await writeFile(path, deadTag());
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        await using _ = await acquireLock(path, { ...options, wait: 20_000 });
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inside -= 1;
      }),
    );
    expect(most).toBe(1);
    expect(await readdir(dir.path)).toEqual([]);
  });
});

describe('hashWhileWritten', () => {
  test('hashes all that is written until the end', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'growing');
    const pieces = Array.from({ length: 20 }, (_, index) => Buffer.alloc(100_000, index));
    const writing = (async () => {
      for (const piece of pieces) {
        await appendFile(path, piece);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    const whole = Buffer.concat(pieces);
    expect(await hashWhileWritten(path, writing)).toEqual({ size: whole.length, sha256: sha256(whole) });
  });

  test('knows a file that is not there, and fails with its writer', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'none');
    expect(await hashWhileWritten(path, Promise.resolve())).toBeUndefined();
    await expect(hashWhileWritten(path, Promise.reject(new Error('full')))).rejects.toThrow('full');
  });
});
