import { compareDebianVersions, parseDebianVersion } from './debian-version.ts';
import { malformed } from './malformed.ts';

export type RelationOperator = '<<' | '<=' | '=' | '>=' | '>>';

/** One alternative of a relationship field (Debian Policy §7.1, §7.8 and the build profile syntax). */
export interface Relation {
  readonly name: string;
  /** What follows the name's colon: `any`, `native` or an architecture. */
  readonly archQualifier?: string;
  readonly operator?: RelationOperator;
  readonly version?: string;
  /** `[amd64 !i386]`, as written. */
  readonly architectures?: readonly string[];
  /** `<!nocheck> <stage1 cross>`: a list of groups. */
  readonly profiles?: readonly (readonly string[])[];
}

const OPERATORS: Readonly<Record<string, RelationOperator>> = {
  '<<': '<<',
  '<=': '<=',
  '=': '=',
  '>=': '>=',
  '>>': '>>',
  // Policy §7.1: the old spellings mean "or equal", as dpkg reads them.
  '<': '<=',
  '>': '>=',
};

const HEAD = /^([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([a-z0-9][a-z0-9-]*))?\s*/;
const VERSION = /^\(\s*(<<|<=|>=|>>|[<=>])\s*([^\s()]+)\s*\)\s*/;
const ARCHITECTURES = /^\[\s*([^[\]]*?)\s*\]\s*/;
const PROFILES = /^<\s*([^<>]*?)\s*>\s*/;
const WORD = /^!?[a-z0-9][a-z0-9.-]*$/;

/**
 * A relationship field as an and-list of or-groups. Empty groups (a trailing comma) are left out. Throws an
 * `AppError` (`debian-relation.invalid`) that names the alternative.
 */
export function parseRelations(text: string, where: string): Relation[][] {
  return text
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
    .map((group) => group.split('|').map((alternative) => parseRelation(alternative.trim(), where)));
}

function parseRelation(text: string, where: string): Relation {
  const head = HEAD.exec(text);
  const name = head?.[1];
  if (head === null || name === undefined) throw invalid(text, where);
  let rest = text.slice(head[0].length);
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match !== null) rest = rest.slice(match[0].length);
    return match;
  };
  const version = take(VERSION);
  const architectures = take(ARCHITECTURES);
  const profiles: string[][] = [];
  for (let group = take(PROFILES); group !== null; group = take(PROFILES)) {
    profiles.push(words(group[1] ?? '', text, where));
  }
  if (rest !== '') throw invalid(text, where);
  return {
    name,
    ...(head[2] !== undefined && { archQualifier: head[2] }),
    ...(version !== null && versionPart(version, where)),
    ...(architectures !== null && { architectures: words(architectures[1] ?? '', text, where) }),
    ...(profiles.length > 0 && { profiles }),
  };
}

function versionPart(match: RegExpExecArray, where: string): Pick<Relation, 'operator' | 'version'> {
  const version = match[2] ?? '';
  parseDebianVersion(version, where);
  const operator = OPERATORS[match[1] ?? ''];
  return { ...(operator !== undefined && { operator }), version };
}

function words(list: string, text: string, where: string): string[] {
  const found = list.split(/\s+/);
  if (!found.every((word) => WORD.test(word))) throw invalid(text, where);
  return found;
}

function invalid(text: string, where: string): Error {
  return malformed('debian-relation.invalid', 'This is not a package relationship.', where, {
    expected: 'name[:arch] [(operator version)] [[arch …]] [<profile …>]',
    got: text,
  });
}

/**
 * Whether a package or a provided name of this version meets the relation. Without a version (an
 * unversioned `Provides`) only a relation without a version is met (Policy §7.5).
 */
export function satisfies(relation: Relation, candidate: { readonly version?: string | undefined }): boolean {
  if (relation.operator === undefined || relation.version === undefined) return true;
  if (candidate.version === undefined) return false;
  const order = compareDebianVersions(candidate.version, relation.version);
  switch (relation.operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

/** The relation as text, in the form of the archive. */
export function printRelation(relation: Relation): string {
  const { name, archQualifier, operator, version, architectures, profiles } = relation;
  return [
    archQualifier === undefined ? name : `${name}:${archQualifier}`,
    ...(operator === undefined || version === undefined ? [] : [`(${operator} ${version})`]),
    ...(architectures === undefined ? [] : [`[${architectures.join(' ')}]`]),
    ...(profiles ?? []).map((group) => `<${group.join(' ')}>`),
  ].join(' ');
}
