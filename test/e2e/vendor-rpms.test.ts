import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { inspectRpm } from '../../builder/verify/rpm/inspect.ts';
import { verifyRpm } from '../../builder/verify/rpm/package.ts';
import type { VerifyOptions } from '../../builder/verify/openpgp.ts';
import {
  CHECKSIG_SCRIPT,
  SOURCES,
  vendorFiles,
  vendorRing,
  type VendorFiles,
} from '../support/fedora/vendor.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { testProject, type TestProject } from '../support/project.ts';

let project: TestProject;

beforeAll(async () => {
  project = await testProject();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

/** What `rpmkeys --checksig -v` says of each package, in order. */
async function rpmkeys({ rpms, keys }: VendorFiles): Promise<string[][]> {
  const { ports } = project.session;
  await using packages = await ports.scratch();
  await using pinned = await ports.scratch();
  for (const [list, directory] of [
    [[...rpms.values()], packages.path],
    [[...keys.values()], pinned.path],
  ] as const) {
    for (const [index, bytes] of list.entries()) {
      await writeFile(join(directory, String(index).padStart(5, '0')), bytes);
    }
  }
  const { stdout } = await ports.sandbox({
    toolbox: await ports.toolboxTree(await buildToolbox(project.session, await project.lock('toolbox-rpm'))),
    script: CHECKSIG_SCRIPT,
    inputs: { rpms: packages.path, keys: pinned.path },
  });
  return stdout
    .split(/^file /m)
    .slice(1)
    .map((text) => text.split('\n').slice(1));
}

/** The findings alone: what is absent, why something is bad and where the file lies is said in other words. */
function findings(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.trim().replace(/(: (?:OK|BAD|NOKEY|NOTTRUSTED|UNSUPPORTED)).*$/, '$1'))
    .filter((line) => /: (OK|BAD|NOKEY|NOTTRUSTED|UNSUPPORTED)$/.test(line));
}

/** What we find, and whether a package like this is used: `accepted`, or the code of the refusal. */
async function judge(bytes: Buffer, options: VerifyOptions): Promise<{ found: string[]; verdict: string }> {
  const open = (): AsyncIterable<Uint8Array> => Readable.from([bytes]);
  const code = (error: unknown): string => {
    if (error instanceof AppError) return error.code;
    throw error;
  };
  const found = await inspectRpm(open, options).then(
    (list) => list.map(({ check, outcome }) => `${check}: ${outcome}`),
    (error: unknown) => {
      code(error);
      return [];
    },
  );
  return { found, verdict: await verifyRpm(open(), options).then(() => 'accepted', code) };
}

it('packages that vendors signed are judged as rpmkeys judges them', async () => {
  const files = await vendorFiles(project);
  const keyring = await vendorRing(files.keys);
  const theirs = await rpmkeys(files);
  const options = { keyring, now: new Date(), keysValid: 'now' } as const;
  const rows: { name: string; found: string[]; reference: string[]; verdict: string }[] = [];
  for (const [index, [name, bytes]] of [...files.rpms].entries()) {
    const reference = findings(theirs[index] ?? []);
    rows.push({ name, reference, ...(await judge(bytes, { ...options, where: name })) });
  }
  const isSigned = ({ reference }: (typeof rows)[number]): boolean =>
    reference.some((line) => line.includes('Signature'));
  for (const { name, verdict, reference } of rows.filter(
    (row) => isSigned(row) || row.reference.length === 0,
  )) {
    console.log([`${name}: we say ${verdict}; rpmkeys:`, ...reference].join('\n    '));
  }
  const counts = new Map<string, number>();
  for (const { verdict } of rows) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  console.log(`sources asked: ${SOURCES.join(' ')}\nlacking here:\n${files.lacking.join('\n')}`);
  console.log(
    `${rows.length} packages, ${rows.filter(isSigned).length} of them signed, ${keyring.keys.length} keys; ` +
      `used or refused: ${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}`,
  );
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter(isSigned).length).toBeGreaterThanOrEqual(5);
  expect(rows.filter(({ found, reference }) => found.join('\n') !== reference.join('\n'))).toEqual([]);
  // rpmkeys is content with digests alone; we use nothing without a good signature over the header.
  const accepted = rows.filter(({ verdict }) => verdict === 'accepted');
  expect(accepted.length).toBeGreaterThan(0);
  for (const { reference } of accepted) {
    expect(reference[0]).toMatch(/^Header V4 .* Signature, key ID [0-9a-f]{8}: OK$/);
    expect(reference.every((line) => line.endsWith(': OK'))).toBe(true);
  }
});
