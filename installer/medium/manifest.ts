import { z } from 'zod';
import { AppError } from '../../core/errors.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A path below the medium: no way out of it. */
const path = z
  .string()
  .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/)
  .refine((text) => !text.split('/').includes('..'));

const image = z.object({
  /** For a template: the qube's name. */
  name: z.string().regex(/^[a-z](?:-?[a-z0-9]){0,30}$/),
  kind: z.enum(['dom0', 'template']),
  /** The compressed file: `.zst`, or `.squashfs` with one file, `root.img`. */
  path,
  sha256,
  size: z.int().positive(),
  /** Bytes of the file system in it. */
  'raw-size': z.int().positive(),
});
export type Image = z.infer<typeof image>;

const mediumFile = z.object({ path, sha256 });
export type MediumFile = z.infer<typeof mediumFile>;

/** The signed list of what the medium holds, as far as the installer needs it. */
export const manifestSchema = z.object({
  format: z.literal('qubeforge-medium/1'),
  /** Seconds since 1970. */
  created: z.int().nonnegative(),
  images: z.array(image),
  /** Every file of the medium; the kernels of the templates are among them. */
  files: z.array(mediumFile).default([]),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Reads a manifest whose signature was verified. Throws an `AppError` (verification). */
export function parseManifest(text: string, where: string): Manifest {
  const bad = (got: string): AppError =>
    new AppError({
      kind: 'verification',
      code: 'medium.manifest',
      what: 'The list of images on the medium cannot be read',
      where,
      got,
      next: 'write the medium again, and choose "verify this medium" in its menu',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : 'no JSON');
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error));
  return parsed.data;
}
