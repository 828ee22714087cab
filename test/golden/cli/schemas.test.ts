import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCHEMAS, schemaText } from '../../../builder/cli/schemas.ts';

const directory = join(import.meta.dirname, '../../../docs/schema');

describe('the published schemas', () => {
  it.each(Object.entries(SCHEMAS))(
    'of %s is what the program prints (npm run schemas)',
    async (name, make) => {
      expect(readFileSync(join(directory, `${name}.schema.json`), 'utf8')).toBe(schemaText(await make()));
    },
  );

  it('are published for every format, and for nothing else', () => {
    const expected = Object.keys(SCHEMAS).map((name) => `${name}.schema.json`);
    expect(readdirSync(directory).sort()).toEqual(expected.sort());
  });
});
