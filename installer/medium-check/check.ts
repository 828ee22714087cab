import { createMessage, readKey, readSignature, verify } from 'openpgp';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';

/** A file of the medium that is not what the signed manifest says. */
export interface BadFile {
  readonly path: string;
  readonly problem: 'missing' | 'changed' | 'not listed';
}

/** Reads a mounted medium; paths are below its root. */
export interface MediumReader {
  readonly text: (path: string) => Promise<string>;
  /** SHA-256 of a file; undefined when it cannot be read to its end. */
  readonly digest: (path: string) => Promise<string | undefined>;
  /** All files. */
  readonly list: () => Promise<readonly string[]>;
}

const manifestSchema = z.object({
  format: z.literal('qubeforge-medium/1'),
  files: z.array(z.object({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })).min(1),
});

/** What the manifest cannot list: itself and what is made of its digest. Their own checks cover them. */
const DERIVED = ['manifest.json', 'manifest.json.asc', 'SHA256SUMS', 'boot/grub/medium.cfg', 'boot/boot.cat'];

/**
 * Checks a medium against its signed manifest, every file of it, and SHA256SUMS with the digest that the boot
 * loader has. `seen` hears of each file in turn. Throws an `AppError` (verification) when the signature does not hold.
 */
export async function checkMedium(
  medium: MediumReader,
  armoredKey: string,
  seen: (path: string, good: boolean) => void,
): Promise<BadFile[]> {
  const text = await medium.text('manifest.json');
  await assertSigned(text, await medium.text('manifest.json.asc'), armoredKey);
  const { files } = manifestSchema.parse(JSON.parse(text));
  const bad: BadFile[] = [];
  for (const { path, sha256 } of files) {
    const found = await medium.digest(path);
    seen(path, found === sha256);
    if (found !== sha256) bad.push({ path, problem: found === undefined ? 'missing' : 'changed' });
  }
  const listed = new Set([...files.map(({ path }) => path), ...DERIVED]);
  const strange = (await medium.list()).filter((path) => !listed.has(path)).sort();
  bad.push(...strange.map((path): BadFile => ({ path, problem: 'not listed' })));
  const sums = await medium.digest('SHA256SUMS');
  const variables = await medium.text('boot/grub/medium.cfg').catch(() => '');
  const fits = sums !== undefined && variables.includes(`set sums=${sums}\n`);
  seen('SHA256SUMS', fits);
  return fits ? bad : [...bad, { path: 'SHA256SUMS', problem: 'changed' }];
}

async function assertSigned(text: string, armoredSignature: string, armoredKey: string): Promise<void> {
  try {
    const key = (await readKey({ armoredKey })).toPublic();
    const { signatures } = await verify({
      message: await createMessage({ binary: new TextEncoder().encode(text) }),
      signature: await readSignature({ armoredSignature }),
      verificationKeys: key,
      format: 'binary',
    });
    const [first] = signatures;
    if (first === undefined) throw new Error('no signature');
    await first.verified;
  } catch (error) {
    throw new AppError({
      kind: 'verification',
      code: 'medium.signature',
      what: 'manifest.json is not signed by the key of this medium',
      where: 'manifest.json',
      got: error instanceof Error ? error.message : String(error),
      next: 'write the medium again from a verified download',
      cause: error,
    });
  }
}
