// Writes the published JSON Schemas; a test holds them to be current.
import { mkdir, writeFile } from 'node:fs/promises';
import { SCHEMAS, schemaText } from '../builder/cli/schemas.ts';

const directory = new URL('../docs/schema/', import.meta.url);
await mkdir(directory, { recursive: true });
for (const [name, make] of Object.entries(SCHEMAS)) {
  await writeFile(new URL(`${name}.schema.json`, directory), schemaText(await make()));
}
