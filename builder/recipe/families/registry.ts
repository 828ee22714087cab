import { z } from 'zod';
import { debianFields } from './debian.ts';
import { fedoraFields } from './fedora.ts';

/** `shape` together with what each family of distributions adds. A new family is one line here. */
export function perFamily<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.discriminatedUnion('family', [
    z.strictObject({ ...shape, ...debianFields }),
    z.strictObject({ ...shape, ...fedoraFields }),
  ]);
}
