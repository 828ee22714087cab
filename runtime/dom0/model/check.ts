import { AppError } from '../../../core/errors.ts';
import { resolveQubes } from './resolve.ts';
import { RULES } from './rules/registry.ts';
import type { Qube } from './resolve.ts';
import type { PciDevice } from './devices.ts';
import type { Source } from './source.ts';

/** A broken rule with its place in the text. */
export interface Finding {
  readonly rule: string;
  /** `file:line:column` */
  readonly where: string;
  readonly what: string;
  readonly remedy: string;
}

/** Everything that stands against a file, in the order of the rules. `pci` adds what only the machine can tell. */
export function checkQubes(source: Source, pci?: readonly PciDevice[]): readonly Finding[] {
  const input = { file: source.file, qubes: resolveQubes(source.file), pci };
  return RULES.flatMap((rule) =>
    rule
      .check(input)
      .map(({ path, what, remedy }) => ({ rule: rule.name, where: source.locate(path), what, remedy })),
  );
}

/**
 * The qubes of a file that no rule stands against.
 * @throws AppError `qubes.unsafe` naming each broken rule, its line and its remedy.
 */
export function soundQubes(source: Source, pci?: readonly PciDevice[]): ReadonlyMap<string, Qube> {
  const findings = checkQubes(source, pci);
  if (findings.length === 0) return resolveQubes(source.file);
  throw new AppError({
    kind: 'recipe',
    code: 'qubes.unsafe',
    what: `${source.name} breaks ${findings.length} ${findings.length === 1 ? 'rule' : 'rules'}`,
    where: findings.map(findingText).join('\n'),
    next: `edit ${source.name}, then \`qube check\``,
  });
}

/** A finding as one line: where, what, what to do about it. */
export function findingText({ rule, where, what, remedy }: Finding): string {
  return `${where}: ${what} [${rule}]; ${remedy}`;
}
