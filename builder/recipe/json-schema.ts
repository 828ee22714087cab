import { z } from 'zod';
import { ownPackageSchema } from './own-package/definition.ts';
import { recipeSchema } from './schema.ts';

type JsonSchema = Record<string, unknown>;

/**
 * The JSON Schema (2020-12) of a recipe *file*, for editors. A file may leave out what it inherits by
 * `extends`, so only `name` and `kind` are demanded here; the complete check is that of `loadRecipe`.
 */
export function recipeFileSchema(): JsonSchema {
  const { $schema, ...whole } = z.toJSONSchema(recipeSchema, { io: 'input' }) as JsonSchema;
  return {
    $schema,
    title: 'Qubeforge recipe',
    anyOf: members(whole).map((member) => ({ ...member, required: ['name', 'kind'] })),
  };
}

/** The JSON Schema (2020-12) of a `package.yaml`. */
export function packageFileSchema(): JsonSchema {
  const { $schema, ...whole } = z.toJSONSchema(ownPackageSchema, { io: 'input' }) as JsonSchema;
  return { $schema, title: 'A package of Qubeforge itself', ...whole };
}

/** The object schemas at the ends of nested unions. */
function members(schema: JsonSchema): JsonSchema[] {
  const choices = schema['oneOf'] ?? schema['anyOf'];
  return Array.isArray(choices) ? (choices as JsonSchema[]).flatMap(members) : [schema];
}
