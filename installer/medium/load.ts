import { createMessage, readKeys, readSignature, verify } from 'openpgp';
import { AppError } from '../../core/errors.ts';
import { parseManifest, type Manifest } from './manifest.ts';

/** The key that signed the medium: it is part of the system that was started, not of the medium's files. */
export const MEDIUM_KEY = '/usr/share/qubeforge/medium-key.asc';

export interface MediumFiles {
  readonly readText: (path: string) => Promise<string>;
}

/** The medium's manifest, its signature verified. Throws an `AppError` (verification) when it does not hold. */
export async function loadManifest(
  files: MediumFiles,
  medium: string,
  keyPath = MEDIUM_KEY,
): Promise<Manifest> {
  const path = `${medium}/manifest.json`;
  const text = await files.readText(path);
  const armored = await files.readText(`${path}.asc`);
  await assertSigned(text, armored, await files.readText(keyPath), path);
  return parseManifest(text, path);
}

async function assertSigned(text: string, armored: string, key: string, where: string): Promise<void> {
  try {
    const result = await verify({
      message: await createMessage({ binary: new TextEncoder().encode(text) }),
      signature: await readSignature({ armoredSignature: armored }),
      verificationKeys: (await readKeys({ armoredKeys: key })).map((one) => one.toPublic()),
      expectSigned: true,
      format: 'binary',
    });
    await Promise.all(result.signatures.map((signature) => signature.verified));
  } catch (error) {
    throw new AppError({
      kind: 'verification',
      code: 'medium.signature',
      what: 'The list of images on the medium is not signed by its key',
      where,
      got: error instanceof Error ? error.message : String(error),
      next: 'write the medium again from a verified download',
      cause: error,
    });
  }
}
