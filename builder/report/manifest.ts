/**
 * `NAME.manifest.json`, version 1: what an image is and what it was made from. It depends on recipe, locks and
 * outputs alone, so the same build writes the same bytes.
 */
import { z } from 'zod';
import { canonicalJson, parseSha256, type Sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { xenFactsSchema } from './xen.ts';

const digest = z.string().transform((text, context): Sha256 => {
  const parsed = parseSha256(text);
  if (parsed === undefined || parsed !== text) context.addIssue('not a SHA-256 in small letters');
  return text as Sha256;
});
const size = z.int().nonnegative();

const manifestSchema = z.strictObject({
  version: z.literal(1),
  recipe: z.strictObject({ name: z.string(), digest }),
  family: z.string(),
  architecture: z.string(),
  /** SOURCE_DATE_EPOCH, seconds since 1970. */
  epoch: z.int(),
  /** Locks of the recipe itself, its toolbox, and all else that took part, by recipe. */
  locks: z.array(z.strictObject({ recipe: z.string(), digest })),
  /** The signed states of repositories that the lock was made from. */
  origins: z.array(z.strictObject({ origin: z.string(), date: z.string(), signer: z.string().optional() })),
  packages: z.array(
    z.strictObject({ name: z.string(), version: z.string(), architecture: z.string(), size, sha256: digest }),
  ),
  /** Packages that this project built from its own sources; `source` is their digest. Absent when there are none. */
  own: z
    .array(
      z.strictObject({ name: z.string(), version: z.string(), architecture: z.string(), source: digest }),
    )
    .optional(),
  /** Of a hypervisor: where it comes from, and whether its source gave the bytes of the distribution's package. */
  xen: xenFactsSchema.optional(),
  /** Files beside this one. `node` made the file, as its output `output`. */
  outputs: z.array(
    z.strictObject({ file: z.string(), output: z.string(), node: digest, size, sha256: digest }),
  ),
  /** Every stage that took part, each after those it depends on. */
  stages: z.array(
    z.strictObject({
      id: digest,
      recipe: z.string(),
      stage: z.string(),
      version: z.int(),
      title: z.string(),
    }),
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestOutput = Manifest['outputs'][number];

/** The one text of a manifest: one package, output or stage a line. */
export function printManifest(manifest: Manifest): string {
  const present = Object.entries(manifest).filter(([, value]) => value !== undefined);
  const members = present.map(([name, value]) => `  ${JSON.stringify(name)}: ${member(value)}`);
  return `{\n${members.join(',\n')}\n}\n`;
}

function member(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return canonicalJson(value);
  return `[\n${value.map((element) => `    ${canonicalJson(element)}`).join(',\n')}\n  ]`;
}

/** Reads a manifest. Throws `manifest.malformed` (kind `verification`) for anything else. */
export function parseManifest(text: string, where: string): Manifest {
  let got: string;
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    got = parsed.error.issues
      .slice(0, 10)
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      .join('\n');
  } catch (error) {
    got = error instanceof Error ? error.message : String(error);
  }
  throw new AppError({
    kind: 'verification',
    code: 'manifest.malformed',
    what: 'this is no manifest of an image',
    where,
    expected: 'a manifest of version 1, as `qubeforge build` writes it beside an image',
    got,
    next: 'build the image again: qubeforge build RECIPE',
  });
}
