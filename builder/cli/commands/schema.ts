import { defineCommand } from '../command.ts';
import { SCHEMAS, schemaText } from '../schemas.ts';
import { unknownWord } from '../unknown-word.ts';

const NAMES = Object.keys(SCHEMAS);

export const schemaCommand = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of a file format of ours',
  details: `Formats: ${NAMES.join(', ')}. Without one, lists them.`,
  positionals: { name: 'FORMAT', min: 0, max: 1, complete: NAMES },
  options: {},
  async run({ sink }, { positionals: [name] }) {
    const make = name === undefined ? undefined : SCHEMAS[name];
    if (name !== undefined && make === undefined)
      throw unknownWord('format', name, NAMES, 'qubeforge schema');
    const value = (await make?.()) ?? NAMES;
    const text = make === undefined ? NAMES.join('\n') : schemaText(value).trimEnd();
    sink({ type: 'result', name: 'schema', value, text });
  },
});
