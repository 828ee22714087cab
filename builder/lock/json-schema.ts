import { z } from 'zod';
import { lockFileSchema } from './schema.ts';

/** The JSON Schema (2020-12) of a lock file. Its digests and order are checked by `parseLock` only. */
export function lockJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(lockFileSchema, { io: 'input' });
  return { $schema, title: 'Qubeforge lock', ...schema };
}
