import { sha256, type Sha256 } from '../../../core/digest.ts';
import { MIB } from '../../../core/bytes.ts';
import { openRandomAccess } from '../../../edge/random-access.ts';
import { readIsoFile } from '../../formats/iso-files.ts';
import { PATHS } from '../../outputs/iso/tree.ts';
import { verifyWithReleaseKey } from '../../release/release-key.ts';
import { parseMedium, type MediumContent } from '../../report/medium.ts';

/** What a medium says it holds, with who signed that. */
export interface Medium {
  readonly content: MediumContent;
  /** SHA-256 of its manifest. */
  readonly manifest: Sha256;
  /** The key on the medium, which signed the manifest. */
  readonly signer: { readonly fingerprint: string; readonly owner: string };
}

const MAX_TEXT = 16 * MIB;

/** Whether a file is a medium, by its name. */
export function isMedium(name: string): boolean {
  return name.endsWith('.iso');
}

/** Reads the manifest of a medium and verifies its signature. Throws `iso.*`, `release.signature` or `medium.manifest`. */
export async function openMedium(path: string): Promise<Medium> {
  await using file = await openRandomAccess(path);
  const read = (name: string): Promise<Buffer> =>
    readIsoFile(file, name, { where: path, maxBytes: MAX_TEXT });
  const manifest = await read(PATHS.manifest);
  const [key, signature] = [await read(PATHS.key), await read(PATHS.signature)];
  const signer = await verifyWithReleaseKey(key.toString('utf8'), path, manifest, signature.toString('utf8'));
  return { content: parseMedium(manifest.toString('utf8'), path), manifest: sha256(manifest), signer };
}
