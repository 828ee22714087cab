import { gzipSync } from 'node:zlib';
import { sha256 } from '../../core/digest.ts';
import { writeDeb, type DebFile, type DebScript } from '../../builder/formats/deb-write.ts';
import { printDeb822 } from '../../builder/formats/deb822.ts';
import { clearsign, detachedSign, type TestKey } from './test-keys.ts';

/** A binary package to publish. */
export interface MirrorPackage {
  readonly name: string;
  /** Default `1.0-1`. */
  readonly version?: string;
  /** Default `amd64`. */
  readonly architecture?: string;
  readonly depends?: string;
  /** More control fields, for example `{ Essential: 'yes', Priority: 'required' }`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Default: `/usr/share/doc/NAME/readme`. */
  readonly files?: readonly DebFile[];
  readonly scripts?: Partial<Record<DebScript, string>>;
  readonly conffiles?: readonly string[];
}

/** A source package to publish: file names and contents. */
export interface MirrorSource {
  readonly name: string;
  readonly version: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

/** The state of one suite. */
export interface MirrorSuite {
  /** Also the codename unless that is given. */
  readonly suite: string;
  readonly codename?: string;
  /** Default `main`. */
  readonly component?: string;
  readonly packages?: readonly MirrorPackage[];
  readonly sources?: readonly MirrorSource[];
  /** Default: one hour before now. */
  readonly date?: Date;
  /** Default: a week after `date`; `null` for none. */
  readonly validUntil?: Date | null;
  /** Default true. */
  readonly byHash?: boolean;
  /** More fields of the Release file, for example `{ NotAutomatic: 'yes' }`. */
  readonly release?: Readonly<Record<string, string>>;
  /** Who signs, instead of the mirror's key. */
  readonly signers?: readonly TestKey[];
}

const EPOCH = 1_700_000_000;

/** Every file of a repository with these suites, by its path below the repository. */
export async function mirrorContent(
  suites: readonly MirrorSuite[],
  key: TestKey,
): Promise<Map<string, Buffer>> {
  const content = new Map<string, Buffer>();
  for (const suite of suites) await addSuite(content, suite, suite.signers ?? [key]);
  return content;
}

/** The path of a package in the pool. */
export function poolPath(entry: MirrorPackage): string {
  const { name, version = '1.0-1', architecture = 'amd64' } = entry;
  return `pool/main/${name.slice(0, 1)}/${name}/${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
}

async function addSuite(
  content: Map<string, Buffer>,
  suite: MirrorSuite,
  signers: readonly TestKey[],
): Promise<void> {
  const component = suite.component ?? 'main';
  const packages = (suite.packages ?? []).map((entry) => addPackage(content, entry)).join('\n');
  const sources = (suite.sources ?? []).map((entry) => addSource(content, entry)).join('\n');
  const indexes = new Map<string, Buffer>();
  for (const [path, text] of [
    [`${component}/binary-amd64/Packages`, packages],
    [`${component}/source/Sources`, sources],
  ] as const) {
    indexes.set(path, Buffer.from(text));
    indexes.set(`${path}.gz`, gzipSync(text));
  }
  const base = `dists/${suite.suite}`;
  for (const [path, bytes] of indexes) {
    // As on real mirrors, the uncompressed index is listed but not served.
    if (path.endsWith('.gz')) content.set(`${base}/${path}`, bytes);
    content.set(`${base}/${path.replace(/[^/]+$/, '')}by-hash/SHA256/${sha256(bytes)}`, bytes);
  }
  const date = suite.date ?? new Date(Math.floor(Date.now() / 1000) * 1000 - 3600_000);
  const release = releaseText(suite, component, indexes, date);
  content.set(`${base}/InRelease`, await clearsign(release, signers, date));
  content.set(`${base}/Release`, Buffer.from(release));
  content.set(`${base}/Release.gpg`, await detachedSign(Buffer.from(release), signers, { date }));
}

function releaseText(
  suite: MirrorSuite,
  component: string,
  indexes: ReadonlyMap<string, Buffer>,
  date: Date,
): string {
  const validUntil =
    suite.validUntil === undefined ? new Date(date.getTime() + 7 * 24 * 3600_000) : suite.validUntil;
  const lines = [...indexes].map(([path, bytes]) => `${sha256(bytes)} ${bytes.length} ${path}`);
  return printDeb822([
    ['Origin', 'Mini Mirror'],
    ['Suite', suite.suite],
    ['Codename', suite.codename ?? suite.suite],
    ...Object.entries(suite.release ?? {}),
    ['Date', date.toUTCString().replace('GMT', 'UTC')],
    ...(validUntil === null
      ? []
      : [['Valid-Until', validUntil.toUTCString().replace('GMT', 'UTC')] as const]),
    ['Acquire-By-Hash', suite.byHash === false ? 'no' : 'yes'],
    ['Architectures', 'all amd64'],
    ['Components', component],
    ['SHA256', `\n${lines.join('\n')}`],
  ]);
}

function addPackage(content: Map<string, Buffer>, entry: MirrorPackage): string {
  const { name, version = '1.0-1', architecture = 'amd64' } = entry;
  const control: [string, string][] = [
    ['Package', name],
    ['Version', version],
    ['Architecture', architecture],
    ['Maintainer', 'Nobody <nobody@example.org>'],
    ...(entry.depends === undefined ? [] : [['Depends', entry.depends] as [string, string]]),
    ...Object.entries(entry.fields ?? {}),
    ['Description', `package ${name} of a test`],
  ];
  const deb = writeDeb({
    control,
    files: entry.files ?? [
      { path: `usr/share/doc/${name}/readme`, mode: 0o644, content: `${name} ${version}\n` },
    ],
    epoch: EPOCH,
    ...(entry.scripts === undefined ? {} : { scripts: entry.scripts }),
    ...(entry.conffiles === undefined ? {} : { conffiles: entry.conffiles }),
  });
  const path = poolPath(entry);
  content.set(path, deb);
  return printDeb822([
    ...control.slice(0, -1),
    ['Filename', path],
    ['Size', String(deb.length)],
    ['SHA256', sha256(deb)],
    ['Description', `package ${name} of a test`],
  ]);
}

function addSource(content: Map<string, Buffer>, { name, version, files }: MirrorSource): string {
  const directory = `pool/main/${name.slice(0, 1)}/${name}`;
  const lines = Object.entries(files).map(([file, data]) => {
    const bytes = Buffer.from(data);
    content.set(`${directory}/${file}`, bytes);
    return `${sha256(bytes)} ${bytes.length} ${file}`;
  });
  return printDeb822([
    ['Package', name],
    ['Binary', name],
    ['Version', version],
    ['Architecture', 'any'],
    ['Format', '3.0 (quilt)'],
    ['Directory', directory],
    ['Checksums-Sha256', `\n${lines.join('\n')}`],
  ]);
}
