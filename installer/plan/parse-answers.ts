import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { answersSchema, secretsSchema, type Answers } from './answers.ts';

/** What only the person knows. */
export interface Secrets {
  readonly passphrase: Secret | undefined;
  readonly userPassword: Secret | undefined;
}

/** Reads an answers file (YAML or JSON). Throws one `AppError` that lists every fault with its line. */
export function parseAnswers(text: string, where: string): Answers {
  const answers = parseWith(
    answersSchema,
    text,
    where,
    'answers.invalid',
    'see docs/installer.md, "Answers"',
  );
  const { encryption, unencrypted, header } = answers.storage;
  if (encryption === 'none' && unencrypted === undefined) {
    throw new AppError({
      kind: 'usage',
      code: 'answers.unencrypted',
      what: 'The answers ask for a disk without encryption, but do not say so in words',
      where,
      expected: 'storage.unencrypted: I accept that anybody with the disk can read it',
      next: 'add the line, or leave storage.encryption out',
    });
  }
  if (encryption === 'none' && header !== undefined) {
    throw new AppError({
      kind: 'usage',
      code: 'answers.header',
      what: 'There is no LUKS header to detach without encryption',
      where,
      next: 'leave storage.header or storage.encryption out',
    });
  }
  return answers;
}

/** Reads a secrets file. What it holds is in no error message. */
export function parseSecrets(text: string, where: string): Secrets {
  const parsed = parseWith(
    secretsSchema,
    text,
    where,
    'secrets.invalid',
    'see docs/installer.md, "Secrets"',
    true,
  );
  const secret = (value: string | undefined): Secret | undefined =>
    value === undefined ? undefined : new Secret(value);
  return { passphrase: secret(parsed.passphrase), userPassword: secret(parsed['user-password']) };
}

function parseWith<T extends z.ZodType>(
  schema: T,
  text: string,
  where: string,
  code: string,
  next: string,
  hide = false,
): z.output<T> {
  const bad = (faults: readonly string[]): AppError =>
    new AppError({ kind: 'usage', code, what: 'The file has faults', where, got: faults.join('\n'), next });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw bad(
      document.errors.map((error) => {
        const line = lines.linePos(error.pos[0]).line;
        return hide ? `line ${line}: not YAML` : `line ${line}: ${error.message.split('\n')[0] ?? ''}`;
      }),
    );
  }
  const result = schema.safeParse(toPlain(document, bad));
  if (result.success) return result.data;
  throw bad(
    result.error.issues.map((issue) => {
      const path = issue.path.map(String);
      const line = lineOf(
        document,
        lines,
        issue.code === 'unrecognized_keys' ? [...path, ...issue.keys] : path,
      );
      return `line ${line}: ${path.length === 0 ? '' : `${path.join('.')}: `}${issue.message}`;
    }),
  );
}

/** Aliases can blow a small file up without end; the parser counts and throws. */
function toPlain(document: Document, bad: (faults: readonly string[]) => AppError): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 }) as unknown;
  } catch {
    throw bad(['too many aliases']);
  }
}

/** The line of the deepest node on the way to a value; 1 when the whole file is meant. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return lines.linePos(Number(node.range[0])).line;
    }
  }
  return 1;
}
