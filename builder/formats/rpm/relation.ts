import type { RpmDependency } from './dependencies-write.ts';

/** A name, or a capability like `libc.so.6(GLIBC_2.38)(64bit)`. */
const NAME = /^[A-Za-z0-9_/][A-Za-z0-9_./+:()~-]*$/;
const EVR = /^(\d+:)?[A-Za-z0-9._+~^]+(-[A-Za-z0-9._+~^]+)?$/;
const OPERATORS: readonly string[] = ['<', '<=', '=', '>=', '>'];

/** Reads `NAME` or `NAME OPERATOR [EPOCH:]VERSION[-RELEASE]`, as spec files have it; undefined for anything else. */
export function parseRpmRelation(text: string): RpmDependency | undefined {
  const [name = '', operator, version, ...rest] = text.split(' ');
  if (!NAME.test(name) || rest.length > 0) return undefined;
  if (operator === undefined) return { name };
  if (!isOperator(operator) || version === undefined || !EVR.test(version)) return undefined;
  return { name, operator, version };
}

function isOperator(text: string): text is NonNullable<RpmDependency['operator']> {
  return OPERATORS.includes(text);
}
