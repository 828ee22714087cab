import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeDeb } from '../../../builder/formats/deb-write.ts';
import { decompress } from '../../../builder/formats/decompress.ts';
import type { Sandbox } from '../../../builder/sandbox/job.ts';
import type { Ingested, IngestTask } from '../../../builder/stages/debian/ingest.ts';
import { sha256 } from '../../../core/digest.ts';
import { openDebs } from '../../../edge/deb-opener.ts';
import { DebPool } from '../../../edge/deb-pool.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { storedXz } from '../../support/xz.ts';

const NEVER = new AbortController().signal;

/** A package with a data.tar.xz, too large for the way of small ones; `harm` changes the xz stream. */
function sample(harm: (xz: Buffer) => void = () => undefined): Buffer {
  const plain = writeDeb({
    control: Object.entries({ Package: 'large', Version: '1.0-1', Architecture: 'amd64' }),
    files: [{ path: 'usr/share/large', mode: 0o644, content: Buffer.alloc(200_000, 'qubes ') }],
    epoch: 0,
  });
  const at = plain.indexOf('data.tar ');
  const size = Number(plain.toString('latin1', at + 48, at + 58));
  const xz = storedXz(plain.subarray(at + 60, at + 60 + size));
  harm(xz);
  const head = Buffer.from(plain.subarray(at, at + 60));
  head.write('data.tar.xz     ', 0);
  head.write(String(xz.length).padEnd(10), 48);
  return Buffer.concat([plain.subarray(0, at), head, xz, Buffer.from(xz.length % 2 === 1 ? '\n' : '')]);
}

/** A sandbox that carries out the orders with our own decoder, or answers that it could not. */
const honest: Sandbox = async ({ inputs, out = '', input, onLine }) => {
  for await (const line of input ?? []) {
    const [name = '', offset, size] = line.trim().split(' ');
    await using deb = await open(join(inputs?.['debs'] ?? '', name));
    const packed = deb.createReadStream({
      start: Number(offset),
      end: Number(offset) + Number(size) - 1,
      autoClose: false,
    });
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of decompress('xz', packed)) chunks.push(Uint8Array.from(chunk));
      await writeFile(join(out, name), Buffer.concat(chunks));
      onLine?.(`${name} done`);
    } catch {
      onLine?.(`${name} failed`);
    }
  }
  return { stdout: '' };
};
const broken: Sandbox = () => Promise.reject(new Error('no user namespaces here'));

/** What opening gives, with the bytes of the data archive and what is left in the scratch directories. */
async function opened(
  bytes: Buffer,
  sandbox: Sandbox | undefined,
): Promise<{
  readonly result: Ingested;
  readonly data: Buffer;
  readonly jobs: number;
  readonly left: string[];
}> {
  await using dir = await temporaryDirectory();
  await using pool = new DebPool(1);
  let [jobs, scratches] = [0, 0];
  const scratch = async (): Promise<AsyncDisposable & { readonly path: string }> => {
    const path = join(dir.path, `scratch-${String(scratches++)}`);
    await mkdir(path);
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
  };
  const counted: Sandbox = (job) => {
    jobs += 1;
    return (sandbox ?? broken)(job);
  };
  const toolbox = sandbox === undefined ? undefined : {};
  const ports = { pool, sandbox: counted, toolboxTree: () => Promise.resolve(dir.path), scratch };
  const task: IngestTask = {
    ...{ deb: join(dir.path, 'large.deb'), where: 'large.deb', dataPath: join(dir.path, 'data') },
    ...{ size: bytes.length, sha256: sha256(bytes) },
  };
  await writeFile(task.deb, bytes);
  let result: Ingested;
  {
    await using opener = openDebs(ports, toolbox, NEVER);
    result = await opener.ingest(task);
  }
  const left = (await readdir(dir.path)).filter((name) => name.startsWith('scratch'));
  return { result, data: await readFile(task.dataPath), jobs, left };
}

describe('openDebs', () => {
  test('gives the same with and without the programs of a toolbox', async () => {
    const own = await opened(sample(), undefined);
    const helped = await opened(sample(), honest);
    expect(own.jobs).toBe(0);
    expect(helped).toEqual({ ...own, jobs: 1 });
    expect(own.result.data).toEqual({ size: own.data.length, sha256: sha256(own.data) });
    expect(helped.left).toEqual([]);
  });

  test('opens packages itself when no sandbox can be made', async () => {
    const { result, jobs } = await opened(sample(), broken);
    expect(result.facts.name).toBe('large');
    expect(jobs).toBe(1);
  });

  test('says what is wrong with a package that its xz cannot read', async () => {
    const harmed = sample((xz) => xz.writeUInt8(xz.readUInt8(100_000) ^ 1, 100_000));
    const error = await appErrorOf(() => opened(harmed, honest));
    expect(error.code).toBe('decompress.corrupt');
    expect(error.where).toContain('large.deb');
  });

  test('hands nothing that is not the locked file to any program', async () => {
    await using dir = await temporaryDirectory();
    await using pool = new DebPool(1);
    const deb = join(dir.path, 'large.deb');
    await writeFile(
      deb,
      sample((xz) => xz.writeUInt8(xz.readUInt8(100_000) ^ 1, 100_000)),
    );
    const ports = {
      ...{
        pool,
        toolboxTree: () => Promise.resolve(dir.path),
        scratch: () => Promise.reject(new Error('used')),
      },
      sandbox: () => Promise.reject(new Error('used')),
    };
    await using opener = openDebs(ports, {}, NEVER);
    const bytes = sample();
    const task = { deb, where: 'large.deb', dataPath: join(dir.path, 'data') };
    const error = await appErrorOf(() =>
      opener.ingest({ ...task, size: bytes.length, sha256: sha256(bytes) }),
    );
    expect(error).toMatchObject({ kind: 'verification', code: 'store.blob' });
    expect(await readdir(dir.path)).toEqual(['large.deb']);
  });
});
