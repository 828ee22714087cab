// npx tsx test/bench/packages-index.ts [Packages]: how long our reader takes for an index the size of
// trixie's, beside `apt-cache dumpavail` where that is installed. Without an argument the index is made up.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePackagesIndex, packagesIn } from '../../builder/formats/packages-index.ts';
import { sha256 } from '../../core/digest.ts';

const STANZAS = 69_000;

/** An index of as many stanzas and bytes as trixie's main, the same each time. */
export function madeUpIndex(stanzas = STANZAS): Buffer {
  const digest = sha256('a file');
  const parts = Array.from({ length: stanzas }, (_, i) => {
    const relations = Array.from({ length: i % 9 }, (__, j) => `libdep${(i * 7 + j) % stanzas} (>= 1.${j}~)`);
    return [
      `Package: package-${i}`,
      `Source: source-${i >> 1} (1.${i % 50}-1)`,
      `Version: 1.${i % 50}-1+b1`,
      `Installed-Size: ${i}`,
      'Maintainer: A Team of Packagers <packagers@lists.example.org>',
      'Architecture: amd64',
      ...(relations.length === 0 ? [] : [`Depends: ${relations.join(', ')}`]),
      'Description: a package that stands for one of many',
      'Homepage: https://www.example.org/a/page/about/this/package',
      `Description-md5: ${'0'.repeat(32)}`,
      `Tag: ${'implemented-in::c, role::program, scope::utility, '.repeat(6)}`,
      'Section: libs',
      'Priority: optional',
      `Filename: pool/main/p/package/package-${i}_1.${i % 50}-1+b1_amd64.deb`,
      `Size: ${i * 100}`,
      `MD5sum: ${'0'.repeat(32)}`,
      `SHA256: ${digest}`,
      '\n',
    ].join('\n');
  });
  return Buffer.from(parts.join(''));
}

/** Milliseconds of each run, sorted. */
function timings(runs: number, work: () => unknown): number[] {
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
}

function report(name: string, times: readonly number[]): void {
  const at = (index: number): string => (times[index] ?? NaN).toFixed(0).padStart(5);
  console.log(
    `${name.padEnd(44)} min ${at(0)} ms   median ${at(times.length >> 1)} ms   max ${at(times.length - 1)} ms`,
  );
}

/** Lets the host's apt-cache read the same index from a state directory of its own; false without apt. */
function benchAptCache(data: Buffer, runs: number): boolean {
  const root = mkdtempSync(join(tmpdir(), 'bench-apt-'));
  try {
    for (const folder of ['state/lists/partial', 'cache', 'etc'])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'etc/sources.list'), 'deb [trusted=yes arch=amd64] http://bench.invalid/ ./\n');
    writeFileSync(join(root, 'state/status'), '');
    writeFileSync(join(root, 'state/lists/bench.invalid_._Packages'), data);
    const options = [
      `Dir::Etc::SourceList=${root}/etc/sources.list`,
      'Dir::Etc::SourceParts=/dev/null',
      `Dir::State=${root}/state`,
      `Dir::State::Status=${root}/state/status`,
      `Dir::Cache=${root}/cache`,
      'APT::Architecture=amd64',
      'APT::Architectures=amd64',
    ].flatMap((option) => ['-o', option]);
    const apt = (command: string): number => {
      const { stdout, status } = spawnSync('apt-cache', [...options, command], { maxBuffer: 2 ** 30 });
      return status === 0 ? stdout.length : 0;
    };
    if (apt('dumpavail') < data.length / 2) return false;
    const cold = timings(runs, () => {
      rmSync(join(root, 'cache'), { recursive: true, force: true });
      mkdirSync(join(root, 'cache'));
      apt('dumpavail');
    });
    report('apt-cache dumpavail, which builds its cache', cold);
    report(
      'apt-cache dumpavail, with its cache',
      timings(runs, () => apt('dumpavail')),
    );
    return true;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Prints the comparison for one index. */
export function benchPackagesIndex(data: Buffer, runs = 5): void {
  const count = parsePackagesIndex(data).length;
  console.log(`Packages: ${count} stanzas, ${(data.length / 1e6).toFixed(1)} MB, ${runs} runs`);
  report(
    'parsePackagesIndex, all packages kept',
    timings(runs, () => parsePackagesIndex(data)),
  );
  report(
    'packagesIn, one package at a time',
    timings(runs, () => {
      let bytes = 0;
      for (const { size } of packagesIn(data)) bytes += size;
      return bytes;
    }),
  );
  if (!benchAptCache(data, runs)) console.log('apt-cache is not installed: nothing to compare with.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path] = process.argv;
  benchPackagesIndex(path === undefined ? madeUpIndex() : readFileSync(path));
}
