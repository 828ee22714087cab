import { AppError } from '../../../core/errors.ts';
import { nearest } from '../../../core/nearest.ts';
import { defineCommand } from '../command.ts';
import { SCHEMAS, schemaText } from '../schemas.ts';

const NAMES = Object.keys(SCHEMAS);

export const schemaCommand = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of a file format of ours',
  details: `Formats: ${NAMES.join(', ')}. Without one, lists them.`,
  positionals: { name: 'FORMAT', min: 0, max: 1, complete: NAMES },
  options: {},
  run: ({ sink }, { positionals: [name] }) => {
    const make = name === undefined ? undefined : SCHEMAS[name];
    if (name !== undefined && make === undefined) return Promise.reject(unknownFormat(name, NAMES));
    const value = make?.() ?? NAMES;
    const text = make === undefined ? NAMES.join('\n') : schemaText(value).trimEnd();
    sink({ type: 'result', name: 'schema', value, text });
    return Promise.resolve();
  },
});

function unknownFormat(name: string, known: readonly string[]): AppError {
  const near = nearest(name, known);
  return new AppError({
    kind: 'usage',
    code: 'usage.format',
    what: `there is no format ${name}`,
    expected: known.join(', '),
    got: name,
    next: near === undefined ? 'qubeforge schema' : `did you mean qubeforge schema ${near}?`,
  });
}
