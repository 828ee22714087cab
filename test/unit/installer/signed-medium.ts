import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import { FILES, IMAGES } from './plans.ts';

const MANIFEST = JSON.stringify({ format: 'qubeforge-medium/1', created: 1, images: IMAGES, files: FILES });

/** What the digest of a sound medium's `SHA256SUMS` is. */
export const SUMS = 'c'.repeat(64);

/** The small files of a medium by path: the signed list, its signature, and the key for it. */
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
    ['/medium/boot/grub/medium.cfg', `set sums=${SUMS}\n`],
    ['/key.asc', key.publicKey],
  ]);
}
