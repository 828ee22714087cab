/** Every format of ours that has a JSON Schema. A new one is one line here and a run of `npm run schemas`. */
export const SCHEMAS: Readonly<Record<string, () => Promise<unknown>>> = {
  recipe: async () => (await import('../recipe/json-schema.ts')).recipeFileSchema(),
  package: async () => (await import('../recipe/json-schema.ts')).packageFileSchema(),
  lock: async () => (await import('../lock/json-schema.ts')).lockJsonSchema(),
  answers: async () => (await import('../../installer/plan/answers.ts')).answersJsonSchema(),
  qubes: async () => (await import('../../runtime/dom0/model/schema.ts')).qubesJsonSchema(),
};

/** A schema as the text that is published in docs/schema/. */
export function schemaText(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
