import { z } from 'zod';

/** The names that `schema` knows in the map at `path` of `value`; empty when any name is allowed there. */
export function knownKeys(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const member = memberFor(inner, value);
    return member === undefined ? [] : knownKeys(member, value, path);
  }
  if (inner instanceof z.ZodUnion) {
    return [...new Set(inner.options.flatMap((option) => knownKeys(option, value, path)))];
  }
  const [part, ...rest] = path;
  if (part === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const next = schemaAt(inner, part);
  return next === undefined ? [] : knownKeys(next, memberOf(value, part), rest);
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType };
  const inner = def.innerType ?? def.in;
  return inner === undefined ? schema : unwrap(inner);
}

function memberFor(union: z.ZodDiscriminatedUnion, value: unknown): z.core.$ZodType | undefined {
  const chosen = memberOf(value, union.def.discriminator);
  return union.options.find((option) =>
    option._zod.propValues?.[union.def.discriminator]?.has(chosen as z.core.util.Primitive),
  );
}

function schemaAt(schema: z.core.$ZodType, part: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, z.core.$ZodType>)[part];
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return undefined;
}

function memberOf(value: unknown, part: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<PropertyKey, unknown>)[part];
}
