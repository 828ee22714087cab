import { availableParallelism } from 'node:os';
import { canonicalJson, digestOf } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import { tracked } from '../../../core/events.ts';
import { loadBuildable } from '../../recipe/load.ts';
import type { Manifest } from '../../report/manifest.ts';
import type { VerifyRequest } from '../commands/verify.ts';
import type { Context } from '../command.ts';
import { brokenFiles, openImage, type Image } from './images.ts';
import { buildableNames } from './lock.ts';
import { lockPlace, readLock, staleness } from './locks.ts';
import { originsOf, proveRecipe } from './families.ts';
import { packagesOf } from './manifests.ts';
import { ownEntries } from './own-packages.ts';
import type { LockedRecipe } from './plan.ts';
import { brokenBy, type Broken, type LockProof } from './prove.ts';
import { openSession, type Session } from './session.ts';

/** What was found about one recipe or image. */
interface Verdict {
  readonly subject: string;
  readonly proofs: readonly LockProof[];
  /** Files of an image that are as its manifest says. */
  readonly files: readonly string[];
  readonly broken: readonly Broken[];
}

/** Proves recipes and images again; names every link that does not hold and fails when there is one. */
export async function verify(context: Context, { subjects, offline }: VerifyRequest): Promise<void> {
  await using session = await openSession(context, { jobs: availableParallelism(), offline });
  const known = await context.recipes.names();
  const verdicts: Verdict[] = [];
  for (const subject of subjects.length > 0 ? subjects : await lockedNames(session)) {
    const work = (): Promise<Verdict> =>
      known.includes(subject) || !/[/.]/.test(subject)
        ? verifyRecipe(session, subject, offline)
        : verifyImage(session, subject, offline);
    const task = { id: `verify ${subject}`, title: `Verify ${subject}` };
    verdicts.push(await tracked(context.sink, task, work));
  }
  const text = verdicts.map(verdictText).join('\n');
  context.sink({ type: 'result', name: 'verify', value: verdicts, text });
  const broken = verdicts.flatMap((verdict) => verdict.broken);
  if (broken.length > 0) throw brokenChain(verdicts, broken);
}

/** Recipes that have a lock. */
async function lockedNames(session: Session): Promise<string[]> {
  const names: string[] = [];
  for (const name of await buildableNames(session.context.recipes)) {
    const loaded = await loadBuildable(session.context.recipes, name);
    const isLocked = await readLock(session, loaded).then(
      (lock) => lock !== undefined,
      () => true,
    );
    if (isLocked) names.push(name);
  }
  return names;
}

async function verifyRecipe(session: Session, name: string, offline: boolean): Promise<Verdict> {
  const { locked, broken } = await openLock(session, name);
  if (locked === undefined) return { subject: name, proofs: [], files: [], broken };
  const stale = staleness(session, locked.loaded, locked.lock);
  const proof = await proveRecipe(session, locked, offline);
  const links = stale === undefined ? [] : [brokenBy('recipe', name, stale)];
  return { subject: name, proofs: [proof], files: [], broken: [...links, ...proof.broken] };
}

/** A lock as it lies there; what is wrong with it as a broken link. */
async function openLock(
  session: Session,
  name: string,
): Promise<{ readonly locked?: LockedRecipe; readonly broken: Broken[] }> {
  const loaded = await loadBuildable(session.context.recipes, name);
  try {
    const lock = await readLock(session, loaded);
    if (lock !== undefined) return { locked: { loaded, lock }, broken: [] };
    const missing = staleness(session, loaded, undefined);
    return { broken: [brokenBy('lock', name, missing)] };
  } catch (error) {
    return { broken: [brokenBy('lock', name, error)] };
  }
}

async function verifyImage(session: Session, subject: string, offline: boolean): Promise<Verdict> {
  const image = await openImage(session.context, subject);
  const files = await brokenFiles(image);
  const good = image.outputs.filter(({ file }) => !files.some(({ where }) => where.endsWith(`/${file}`)));
  const broken = [...files];
  const proofs: LockProof[] = [];
  for (const { recipe, digest } of image.manifest.locks) {
    const { locked, broken: links } = await openLock(session, recipe);
    broken.push(...links);
    if (locked === undefined) continue;
    const now = digestOf(locked.lock);
    if (now !== digest) {
      broken.push(differs('lock', lockPlace(session, recipe), digest, now, 'manifest.lock'));
      continue;
    }
    if (recipe === image.manifest.recipe.name) broken.push(...(await brokenManifest(session, image, locked)));
    const proof = await proveRecipe(session, locked, offline);
    proofs.push(proof);
    broken.push(...proof.broken);
  }
  return { subject, proofs, files: good.map(({ file }) => file), broken };
}

/**
 * A manifest is not signed: what it tells of the lock is compared with the lock, and what it tells of packages of
 * ours with the sources that are here.
 */
async function brokenManifest(
  session: Session,
  { manifest, manifestPath }: Image,
  locked: LockedRecipe,
): Promise<Broken[]> {
  const own = digestsByName(await ownEntries(session, locked));
  const stated = digestsByName(manifest.own);
  const names = [...new Set([...own.keys(), ...stated.keys()])].sort();
  const others = names.flatMap((name) => {
    const [want, got] = [own.get(name) ?? 'no such package', stated.get(name) ?? 'no such package'];
    return want === got ? [] : [differs('manifest', `${manifestPath}: ${name}`, want, got, 'manifest.own')];
  });
  return [...changedParts(manifest, manifestPath, locked), ...others];
}

/** Digests of the sources of our packages. */
function digestsByName(own: Manifest['own']): Map<string, string> {
  return new Map((own ?? []).map(({ name, source }) => [name, `sources with the digest ${source}`]));
}

function changedParts(manifest: Manifest, manifestPath: string, locked: LockedRecipe): Broken[] {
  const { lock } = locked;
  const expected: Partial<Manifest> = {
    recipe: lock.recipe,
    packages: packagesOf(lock),
    origins: originsOf(locked),
  };
  return (['recipe', 'packages', 'origins'] as const).flatMap((part) => {
    const [want, got] = [expected[part], manifest[part]];
    if (canonicalJson(want) === canonicalJson(got)) return [];
    const where = `${manifestPath}: ${part}`;
    return [differs('manifest', where, 'what the lock says', 'something else', 'manifest.edited')];
  });
}

function differs(link: Broken['link'], where: string, expected: string, got: string, code: string): Broken {
  return { link, where, expected, got, code };
}

function verdictText({ subject, proofs, files, broken }: Verdict): string {
  const lines = [
    `${subject}: ${broken.length === 0 ? 'proved' : `${broken.length} broken links`}`,
    ...files.map((file) => `  file        ${file} is as the manifest says`),
    ...proofs.flatMap((proof) => proofLines(proof, proofs.length > 1 ? `${proof.recipe}: ` : '')),
  ];
  return lines.join('\n');
}

function proofLines(
  { signed, releases, indexes, packages, sources, stored, signers }: LockProof,
  of: string,
): string[] {
  const count = ([good, all]: readonly [number, number]): string => `${good} of ${all}`;
  const keys = signers.map((signer) => `              ${signer}`);
  const store = `  store       ${of}${count(stored)} packages are here and have the locked bytes`;
  if (signed === 'source') {
    return [
      `  signature   ${of}${count(sources)} sources: key, signature and bytes are as locked`,
      ...keys,
      `  store       ${of}${count(stored)} sources are here and have the locked bytes`,
    ];
  }
  if (signed === 'packages') {
    return [
      `  signatures  ${of}${count(packages)} packages: key, header, payload and name are as locked`,
      ...keys,
      `  repomd.xml  ${of}${count(releases)} archived; nobody signed them`,
      store,
    ];
  }
  return [
    `  signatures  ${of}${count(releases)} Release files`,
    ...keys,
    `  indexes     ${of}${count(indexes)}`,
    `  packages    ${of}${count(packages)} listed in proved indexes`,
    ...(sources[1] === 0 ? [] : [`  sources     ${of}${count(sources)} listed in proved indexes`]),
    store,
  ];
}

function brokenChain(verdicts: readonly Verdict[], broken: readonly Broken[]): AppError {
  // Packages are unproved because the links above them are: naming those is enough, and readable.
  const above = broken.filter(({ code }) => code !== 'lock.unlisted');
  const unproved = above.length === 0 ? 0 : broken.length - above.length;
  const lines = (unproved === 0 ? broken : above).map(
    ({ link, where, expected, got, code }) =>
      `${link}: ${where}\n  expected ${expected}\n  got ${got} [${code}]`,
  );
  if (unproved > 0) lines.push(`package: ${unproved} packages are in no index that could be proved`);
  const subjects = verdicts.filter((verdict) => verdict.broken.length > 0).map(({ subject }) => subject);
  return new AppError({
    kind: 'verification',
    code: 'verify.broken',
    what: `${broken.length} ${broken.length === 1 ? 'link does' : 'links do'} not hold`,
    where: subjects.join(', '),
    expected: 'an unbroken chain: key, signature, Release, index, package, image',
    got: lines.join('\n'),
    next: nextStep(above),
  });
}

function nextStep(broken: readonly Broken[]): string {
  const isAll = (wanted: string): boolean => broken.length > 0 && broken.every(({ code }) => code === wanted);
  if (isAll('store.missing')) return 'run the command again without --offline, so that it is fetched';
  if (isAll('manifest.own')) return 'build the image again from these sources: qubeforge build RECIPE';
  return 'restore what was changed from version control, or make it anew: qubeforge lock --update';
}
