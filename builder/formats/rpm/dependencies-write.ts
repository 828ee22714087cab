import { printEvr } from '../rpm-version.ts';
import type { HeaderValue } from './header-write.ts';
import type { RpmScript, RpmSpec } from './package-write.ts';
import { TAG } from './tags.ts';

/** `name`, or `name OP version` where version is `[epoch:]version[-release]`. */
export interface RpmDependency {
  readonly name: string;
  readonly operator?: '<' | '<=' | '=' | '>=' | '>';
  readonly version?: string;
  /** Needed before this script runs, not only in the end. */
  readonly before?: RpmScript;
}

const LESS = 2;
const GREATER = 4;
const EQUAL = 8;
const OPERATORS = { '<': LESS, '<=': LESS | EQUAL, '=': EQUAL, '>=': GREATER | EQUAL, '>': GREATER } as const;

const INTERPRETER = 1 << 8;
const SCRIPT_FLAGS: Readonly<Record<RpmScript, number>> = {
  pre: 1 << 9,
  post: 1 << 10,
  preun: 1 << 11,
  postun: 1 << 12,
  posttrans: 1 << 5,
};
const RPMLIB = 1 << 24;

interface Flagged extends RpmDependency {
  readonly extra: number;
}

/** The dependencies on /bin/sh that scripts bring, each marked with the script that needs it. */
export function interpreters(scripts: Partial<Readonly<Record<RpmScript, string>>>): readonly Flagged[] {
  return (Object.keys(scripts) as RpmScript[]).map((script) => ({
    name: '/bin/sh',
    extra: INTERPRETER | SCRIPT_FLAGS[script],
  }));
}

/** What every package in this format asks of rpm itself. */
const RPMLIB_FEATURES: readonly Flagged[] = [
  { name: 'rpmlib(CompressedFileNames)', operator: '<=', version: '3.0.4-1', extra: RPMLIB },
  { name: 'rpmlib(FileDigests)', operator: '<=', version: '4.6.0-1', extra: RPMLIB },
  { name: 'rpmlib(PayloadFilesHavePrefix)', operator: '<=', version: '4.0-1', extra: RPMLIB },
];

/** The tags of requires, provides (itself included) and conflicts. */
export function dependencyTags(spec: RpmSpec, scripts: readonly Flagged[]): [number, HeaderValue][] {
  const own = printEvr({ ...spec, epoch: spec.versionEpoch ?? 0 });
  const plain = (list: readonly RpmDependency[] = []): Flagged[] =>
    list.map((one) => ({ ...one, extra: one.before === undefined ? 0 : SCRIPT_FLAGS[one.before] }));
  return [
    ...columns([...plain(spec.requires), ...scripts, ...RPMLIB_FEATURES], {
      name: TAG.requireName,
      flags: TAG.requireFlags,
      version: TAG.requireVersion,
    }),
    ...columns([{ name: spec.name, operator: '=', version: own, extra: 0 }, ...plain(spec.provides)], {
      name: TAG.provideName,
      flags: TAG.provideFlags,
      version: TAG.provideVersion,
    }),
    ...columns(plain(spec.conflicts), { name: TAG.conflictName, flags: 1053, version: 1055 }),
  ];
}

function columns(
  list: readonly Flagged[],
  tags: { readonly name: number; readonly flags: number; readonly version: number },
): [number, HeaderValue][] {
  if (list.length === 0) return [];
  const flags = list.map(({ operator, extra }) => (operator === undefined ? 0 : OPERATORS[operator]) | extra);
  return [
    [tags.name, { type: 'strings', value: list.map(({ name }) => name) }],
    [tags.flags, { type: 'int32', value: flags }],
    [tags.version, { type: 'strings', value: list.map(({ version }) => version ?? '') }],
  ];
}
