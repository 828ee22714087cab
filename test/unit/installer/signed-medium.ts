import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import { FILES, IMAGES } from './plans.ts';

const MANIFEST = JSON.stringify({ format: 'qubeforge-medium/1', created: 1, images: IMAGES, files: FILES });

/** The files of a medium that an installation reads first, by path: signed list, signature, and the key for it. */
export async function signedMedium(): Promise<ReadonlyMap<string, string>> {
  const date = new Date(Date.now() - 60_000);
  const key = await generateKey({ userIDs: [{ name: 'medium' }], format: 'armored', date });
  const signature = String(
    await sign({
      message: await createMessage({ binary: new TextEncoder().encode(MANIFEST) }),
      signingKeys: await readPrivateKey({ armoredKey: key.privateKey }),
      detached: true,
    }),
  );
  return new Map([
    ['/medium/manifest.json', MANIFEST],
    ['/medium/manifest.json.asc', signature],
    ['/key.asc', key.publicKey],
  ]);
}
