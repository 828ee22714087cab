import { AppError } from '../../../core/errors.ts';
import { mapLimit } from '../../../core/parallel.ts';
import { printEvr } from '../../formats/rpm-version.ts';
import type { LockedRpm } from '../../lock/fedora-schema.ts';
import { verifyRpm, type RpmEvidence } from '../../verify/rpm/package.ts';
import { fedora } from './fedora.ts';
import type { Locked } from './family.ts';
import { evidenceOf } from './locks.ts';
import { brokenBy, describeSigners, fetchOrWarn, type Broken, type LockProof } from './prove.ts';
import type { Session } from './session.ts';

/**
 * Proves a lock of the Fedora family: each package by its own signature and against every digest of the
 * lock. A package that is nowhere cannot be proved, so it is a broken link here.
 */
export async function proveFedora(
  session: Session,
  locked: Locked<'fedora'>,
  offline: boolean,
): Promise<LockProof> {
  const { lock, loaded } = locked;
  if (!offline) await fetchOrWarn(session, fedora.wantedFiles(locked));
  const broken: Broken[] = [];
  let [stored, good] = [0, 0];
  await mapLimit(lock.packages, session.jobs, async (rpm) => {
    const where = `${rpm.name} ${rpm.version} (${rpm.architecture})`;
    if (!(await session.store.has(rpm))) {
      broken.push(absent(where, rpm));
      return;
    }
    stored += 1;
    try {
      const differences = compare(rpm, await verifyStored(session, locked, rpm, where), where);
      broken.push(...differences);
      if (differences.length === 0) good += 1;
    } catch (error) {
      broken.push(brokenBy('package', where, error));
    }
  });
  const archived = await Promise.all(
    lock.repositories.map(({ repomd }) => evidenceOf(session).get('repomd.xml', repomd)),
  );
  return {
    recipe: loaded.recipe.name,
    signed: 'packages',
    releases: [archived.filter((bytes) => bytes !== undefined).length, lock.repositories.length],
    indexes: [0, 0],
    packages: [good, lock.packages.length],
    sources: [0, 0],
    stored: [stored, lock.packages.length],
    signers: describeSigners(
      await session.keyring(),
      lock.packages.map(({ signer }) => signer),
    ),
    broken,
  };
}

/** Proves one package that is in the store. Throws `rpm.locked-…` (kind `verification`) when it is not as locked. */
export async function proveRpm(
  session: Session,
  locked: Locked<'fedora'>,
  rpm: LockedRpm,
): Promise<RpmEvidence> {
  const where = `${rpm.name} ${rpm.version} (${rpm.architecture})`;
  const evidence = await verifyStored(session, locked, rpm, where);
  const [broken] = compare(rpm, evidence, where);
  if (broken === undefined) return evidence;
  const { code, expected, got } = broken;
  throw new AppError({
    kind: 'verification',
    code,
    what: 'the package is not as locked',
    where,
    expected,
    got,
  });
}

async function verifyStored(
  session: Session,
  { loaded }: Locked<'fedora'>,
  rpm: LockedRpm,
  where: string,
): Promise<RpmEvidence> {
  const keys = loaded.recipe.repositories.find(({ name }) => name === rpm.repository)?.keys ?? [];
  return await verifyRpm(session.store.stream(rpm, where), {
    keyring: (await session.keyring()).select(keys, where),
    where,
    now: new Date(session.context.clock()),
    keysValid: 'when-signed',
  });
}

/** Names each part in which a verified package differs from what is locked. */
function compare(rpm: LockedRpm, evidence: RpmEvidence, where: string): Broken[] {
  const { identity, headerSha256, payloadSha256 } = evidence;
  const parts: readonly (readonly [string, string, string])[] = [
    ['name', rpm.name, identity.name],
    ['version', rpm.version, printEvr(identity)],
    ['architecture', rpm.architecture, identity.architecture],
    ['file', `SHA-256 ${rpm.sha256}`, `SHA-256 ${evidence.sha256}`],
    ['header', `SHA-256 ${rpm.header}`, `SHA-256 ${headerSha256}`],
    ['payload', `SHA-256 ${rpm.payload}`, `SHA-256 ${payloadSha256}`],
    ['signer', rpm.signer, evidence.signer],
    ['signing-key', rpm.signingKey, evidence.signingKey],
  ];
  return parts.flatMap(([part, expected, got]): Broken[] =>
    expected === got ? [] : [{ link: 'package', where, expected, got, code: `rpm.locked-${part}` }],
  );
}

function absent(where: string, { sha256 }: LockedRpm): Broken {
  const expected = `a file with SHA-256 ${sha256}`;
  return { link: 'store', where, expected, got: 'nothing', code: 'store.missing' };
}
