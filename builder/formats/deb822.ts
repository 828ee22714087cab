import { AppError } from '../../core/errors.ts';
import { malformed } from './malformed.ts';

/**
 * One stanza. Keys are lower case, in the order of the file. A folded value keeps its line breaks; each
 * continuation line stands without the first space.
 */
export type Paragraph = ReadonlyMap<string, string>;

/** A field as the file spells it, for writing it back. */
export type Field = readonly [name: string, value: string];

/** Policy §5.1: printable ASCII without `:`; neither `#` nor `-` comes first. */
const FIELD_NAME = /^[!"$-,./0-9;-~][!-9;-~]*$/;
const BLANK = /^[ \t\r]+$/;

/**
 * The stanzas of a control file (Debian Policy §5.1, deb822(5)), comments left out. `where` names the file.
 * Throws an `AppError` (`deb822.*`) for a line that is no field, a field that stands twice, a continuation
 * line without a field, or a line of white space only, which readers understand differently.
 */
export function parseDeb822(text: string, where: string): Paragraph[] {
  return parseDeb822Fields(text, where).map(
    (fields) => new Map(fields.map(([name, value]) => [name.toLowerCase(), value])),
  );
}

/** As `parseDeb822`, with the names as the file spells them. */
export function parseDeb822Fields(text: string, where: string): Field[][] {
  const stanzas: Field[][] = [];
  let stanza = new Stanza();
  const finish = (): void => {
    if (stanza.size > 0) stanzas.push(stanza.fields());
    stanza = new Stanza();
  };
  for (const [index, line] of text.split('\n').entries()) {
    const place = `${where}:${index + 1}`;
    if (line === '') finish();
    else if (!line.startsWith('#')) readLine(stanza, line, place);
  }
  finish();
  return stanzas;
}

/** The only stanza of a file; anything else is an `AppError`. */
export function parseSingleParagraph(text: string, where: string): Paragraph {
  const [paragraph, ...rest] = parseDeb822(text, where);
  if (paragraph === undefined || rest.length > 0) {
    throw malformed('deb822.paragraphs', 'The file must hold one paragraph.', where, {
      expected: '1',
      got: String(paragraph === undefined ? 0 : rest.length + 1),
    });
  }
  return paragraph;
}

function readLine(stanza: Stanza, line: string, place: string): void {
  if (line.includes('\0')) throw malformed('deb822.nul', 'A control file holds a NUL byte.', place);
  if (BLANK.test(line)) throw malformed('deb822.blank-line', 'A line holds only white space.', place);
  if (line.startsWith(' ') || line.startsWith('\t')) {
    if (!stanza.continue(line.slice(1))) {
      throw malformed('deb822.continuation', 'A continuation line follows no field.', place, { got: line });
    }
    return;
  }
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!FIELD_NAME.test(name)) {
    throw malformed('deb822.field', 'A line is not a field.', place, { expected: 'Name: value', got: line });
  }
  if (!stanza.add(name, line.slice(colon + 1).trim())) {
    throw malformed('deb822.duplicate', `The field ${name} stands twice in one paragraph.`, place);
  }
}

/** Fields under construction: the lines of each value, joined once at the end. */
class Stanza {
  readonly #names: string[] = [];
  readonly #values: string[][] = [];
  readonly #seen = new Set<string>();

  get size(): number {
    return this.#names.length;
  }

  add(name: string, value: string): boolean {
    const key = name.toLowerCase();
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    this.#names.push(name);
    this.#values.push([value]);
    return true;
  }

  continue(line: string): boolean {
    this.#values.at(-1)?.push(line);
    return this.size > 0;
  }

  fields(): Field[] {
    return this.#names.map((name, index) => [name, (this.#values[index] ?? []).join('\n')]);
  }
}

/**
 * One stanza as text, each line ended. Lines of a value after the first are indented by one space; the
 * caller writes an empty line of a description as `.` (Policy §5.6.13). Throws an `AppError` of kind `bug`
 * for a name or value that no reader could take back.
 */
export function printDeb822(fields: Iterable<readonly [string, string]>): string {
  let text = '';
  for (const [name, value] of fields) {
    const lines = value.split('\n');
    if (!FIELD_NAME.test(name) || value.includes('\0') || lines.slice(1).some((line) => line.trim() === '')) {
      throw new AppError({
        kind: 'bug',
        code: 'deb822.print',
        what: `The field ${JSON.stringify(name)} cannot be written to a control file.`,
        got: value,
      });
    }
    const [first = '', ...rest] = lines;
    text += first === '' ? `${name}:\n` : `${name}: ${first}\n`;
    for (const line of rest) text += ` ${line}\n`;
  }
  return text;
}
