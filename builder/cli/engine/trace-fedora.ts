import { AppError } from '../../../core/errors.ts';
import { mapLimit } from '../../../core/parallel.ts';
import { openMetadata } from '../../fetch/rpm-metadata.ts';
import type { WantedFile } from '../../fetch/files.ts';
import { readPrimary } from '../../formats/primary.ts';
import type { RpmFile } from '../../formats/rpm/files.ts';
import type { RpmHeader } from '../../formats/rpm/header.ts';
import type { LockedRepository, LockedRpm } from '../../lock/fedora-schema.ts';
import {
  comparedWith,
  isConfiguration,
  mentions,
  namesOf,
  ownedBy,
  rpmMaker,
} from '../../report/rpm-origin.ts';
import type { Tree } from '../../report/tree.ts';
import { chooseRecord, verifyRepomd } from '../../verify/repomd-chain.ts';
import type { Locked } from './family.ts';
import { proveRpm } from './fedora-proof.ts';
import { fedora } from './fedora.ts';
import { evidenceOf } from './locks.ts';
import { fetchOrWarn } from './prove.ts';
import { headerOf } from './rpm-header.ts';
import type { Session } from './session.ts';
import { ownRpmChains, ownRpmLines } from './trace-fedora-own.ts';
import { madeLines, shippedLines, type Shipped, type TracedFile, type TraceSubject } from './traced.ts';

/** The links from a file to the key that vouches for it, each of which was proved just now. */
interface RpmChain {
  readonly locked: LockedRpm;
  readonly shipped: Shipped;
  readonly shippedAs: string;
  readonly isConffile: boolean;
  readonly signedAt: string;
  readonly key: { readonly owner: string; readonly file: string };
  /** What lists the package; this decided that it was taken, and vouches for nothing. */
  readonly listed: Listed | undefined;
}

interface Listed {
  readonly repository: LockedRepository;
  readonly list: LockedRepository['metadata'][number];
}

/**
 * Finds the packages of a file in the signed headers of all packages of the lock, and proves each of them: signature,
 * header, payload, and the lists of its repository.
 */
export async function traceFedora(
  session: Session,
  subject: TraceSubject<'fedora'>,
  file: TracedFile,
  tree: Tree,
): Promise<{ readonly value: object; readonly lines: string[] }> {
  const { locked } = subject;
  await (await session.fetcher()).fetchFiles(fedora.wantedFiles(locked));
  const names = namesOf(tree, file.path);
  const scripts: string[] = [];
  const owners: Owner[] = [];
  await mapLimit(locked.lock.packages, session.jobs, async (rpm) => {
    const header = await headerOf(session, rpm);
    const owned = ownedBy(header, names, rpm.name);
    if (owned !== undefined) owners.push({ rpm, header, owned });
    else if (mentions(header, `/${file.path}`)) scripts.push(rpm.name);
  });
  const own = await ownRpmChains(session, subject, names, file);
  if (owners.length === 0 && own.length === 0) {
    const origin = { kind: 'made', by: rpmMaker(file.path), scripts: scripts.sort() } as const;
    return { value: { origin, packages: [], own: [] }, lines: madeLines(origin) };
  }
  owners.sort((a, b) => (a.rpm.name < b.rpm.name ? -1 : 1));
  const packages: RpmChain[] = [];
  for (const owner of owners) packages.push(await chainOf(session, locked, owner, file));
  const known = [...packages.map((chain) => chain.locked.name), ...own.map(({ ref }) => ref.name)];
  return {
    value: { origin: { kind: 'package', names: known }, packages, own },
    lines: [
      ...packages.flatMap((chain) => chainLines(chain, file)),
      ...own.flatMap((chain) => ownRpmLines(chain, file)),
    ],
  };
}

interface Owner {
  readonly rpm: LockedRpm;
  readonly header: RpmHeader;
  readonly owned: RpmFile;
}

async function chainOf(
  session: Session,
  locked: Locked<'fedora'>,
  { rpm, header, owned }: Owner,
  { entry }: TracedFile,
): Promise<RpmChain> {
  const { signer, signedAt } = await proveRpm(session, locked, rpm);
  const key = (await session.keyring()).keys.find(({ fingerprint }) => fingerprint === signer);
  return {
    locked: rpm,
    shipped: comparedWith(header, owned, entry),
    shippedAs: owned.path,
    isConffile: isConfiguration(owned),
    signedAt: signedAt.toISOString(),
    key: { owner: key?.owner ?? 'unknown', file: key?.file ?? 'unknown' },
    listed: await listedIn(session, locked, rpm),
  };
}

/** The list that names a package, proved down from the archived `repomd.xml`; undefined when it is nowhere any more. */
async function listedIn(
  session: Session,
  { loaded: { recipe }, lock }: Locked<'fedora'>,
  rpm: LockedRpm,
): Promise<Listed | undefined> {
  const repository = lock.repositories.find((one) => one.repository === rpm.repository);
  const spec = recipe.repositories.find(({ name }) => name === rpm.repository);
  const list = repository?.metadata.find(({ type }) => type === 'primary');
  if (repository === undefined || spec === undefined || list === undefined) return undefined;
  const where = `${rpm.repository}: repomd.xml`;
  const bytes = await evidenceOf(session).get('repomd.xml', repository.repomd);
  if (bytes === undefined) throw notListed(where, `a file with SHA-256 ${repository.repomd}`, 'nothing');
  const record = chooseRecord(await verifyRepomd(bytes, { where }), 'primary', where);
  if (record.checksum.value !== list.sha256) throw notListed(where, list.sha256, record.checksum.value);
  const wanted: WantedFile = { ...list, what: `${rpm.repository}: package list`, repository: spec };
  if (!(await session.store.has(list))) await fetchOrWarn(session, [wanted]);
  if (!(await session.store.has(list))) return undefined;
  const open = await openMetadata(session.store, { ...list, record });
  const packages = readPrimary(session.store.stream(open, list.path), list.path, (name) => name === rpm.name);
  for await (const { checksum, location } of packages) {
    if (checksum.value === rpm.sha256 && location === rpm.path) return { repository, list };
  }
  throw notListed(`${rpm.repository}: ${list.path}`, `${rpm.path}, SHA-256 ${rpm.sha256}`, 'no such package');
}

function chainLines(chain: RpmChain, file: TracedFile): string[] {
  const { locked, signedAt, key, listed } = chain;
  return [
    `  package    ${locked.name} ${locked.version} (${locked.architecture})`,
    ...shippedLines(chain, file),
    `  .rpm       ${locked.path}`,
    `             ${locked.size} bytes, SHA-256 ${locked.sha256}`,
    `  payload    SHA-256 ${locked.payload}, as the header says`,
    `  header     SHA-256 ${locked.header}, which names the digest of each file, too`,
    `  signed by  ${locked.signingKey}`,
    `             ${signedAt}`,
    `  key        ${locked.signer}  ${key.owner}`,
    `             pinned in keys/${key.file}`,
    ...listedLines(locked, listed),
  ];
}

function listedLines({ repository: name }: LockedRpm, listed: Listed | undefined): string[] {
  if (listed === undefined)
    return [`  listed in  ${name}, whose list is on no mirror any more; the signature does not need it`];
  const { repository, list } = listed;
  return [
    `  listed in  ${name} ${list.path}`,
    `             ${list.size} bytes, SHA-256 ${list.sha256}`,
    `  listed in  repomd.xml of ${repository.date}`,
    `             SHA-256 ${repository.repomd}`,
    repository.metalink
      ? '             which a metalink over https named when the lock was made'
      : '             which nobody signed: no metalink was asked when the lock was made',
  ];
}

function notListed(where: string, expected: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'trace.list',
    what: 'the lists of the repository do not lead to the package',
    where,
    expected,
    got,
    next: 'restore the lock and its evidence from version control',
  });
}
