import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import { malformed } from './malformed.ts';

/** Receives elements as they pass. Names come without their namespace prefix. */
export interface XmlHandler {
  /** `path` holds the names of the open elements, this one last. */
  open?(name: string, attributes: Readonly<Record<string, string>>, path: readonly string[]): void;
  /** `text` is the character data directly inside the element, trimmed. */
  close?(name: string, text: string, path: readonly string[]): void;
}

/** No document that we read nests deeper than 8; more would only cost memory. */
const MAX_DEPTH = 32;
const MAX_TEXT = 1024 * 1024;

/**
 * Reads an XML 1.0 document piece by piece, in memory that does not grow with it. A document type
 * declaration is refused: with it go entity expansion and external entities.
 *
 * @param step runs after each piece: the place to hand on what the handler gathered
 * @throws {AppError} `xml.malformed`
 */
export async function* readXml<T>(
  chunks: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  where: string,
  step: () => Iterable<T> = () => [],
): AsyncGenerator<T, void, undefined> {
  const scanner = new XmlScanner(handler, where);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of chunks) {
    scanner.write(decode(decoder, chunk, where));
    yield* step();
  }
  scanner.write(decode(decoder, undefined, where));
  scanner.close();
  yield* step();
}

/** `readXml` to the end, for handlers that keep their result themselves. */
export async function scanXml(
  chunks: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  where: string,
): Promise<void> {
  // Without a step nothing is yielded, so the first call runs to the end.
  await readXml(chunks, handler, where).next();
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined, where: string): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw malformed('xml.malformed', 'An XML file is not UTF-8.', where, { cause });
  }
}

class XmlScanner {
  readonly #parser = new SaxesParser<Record<string, never>>({});
  readonly #where: string;
  readonly #path: string[] = [];
  readonly #texts: string[] = [];

  constructor(handler: XmlHandler, where: string) {
    this.#where = where;
    this.#parser.on('error', (error) => {
      throw this.#broken(error.message);
    });
    this.#parser.on('doctype', () => {
      throw this.#broken('a document type declaration');
    });
    this.#parser.on('opentag', ({ name, attributes }) => {
      this.#path.push(localName(name));
      this.#texts.push('');
      if (this.#path.length > MAX_DEPTH) throw this.#broken('elements nested too deeply');
      handler.open?.(localName(name), attributes, this.#path);
    });
    this.#parser.on('closetag', ({ name }) => {
      handler.close?.(localName(name), (this.#texts.pop() ?? '').trim(), this.#path);
      this.#path.pop();
    });
    const addText = (text: string): void => {
      const joined = (this.#texts.pop() ?? '') + text;
      if (joined.length > MAX_TEXT) throw this.#broken('an element with too much text');
      this.#texts.push(joined);
    };
    this.#parser.on('text', addText);
    this.#parser.on('cdata', addText);
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  close(): void {
    this.#parser.close();
  }

  #broken(got: string): Error {
    return malformed('xml.malformed', 'An XML file cannot be read.', this.#where, {
      got: got.replace(/^\d+:\d+: /, (place) => `line ${place.slice(0, -2)}: `),
    });
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
