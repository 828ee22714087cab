import { CHECKS, type Verdict } from './checks.ts';
import type { HostFacts } from './facts.ts';
import { familyOf, remedyLines } from './remedy.ts';

/** One line of the report. */
export interface Diagnosis extends Verdict {
  readonly check: string;
  readonly title: string;
}

/** All checks over one machine. */
export function diagnose(facts: HostFacts): Diagnosis[] {
  return CHECKS.map((check) => ({ check: check.name, title: check.title, ...check.judge(facts) }));
}

const MARKS = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' } as const;

/** The report for people, with the remedies of this distribution. */
export function diagnosisText(diagnoses: readonly Diagnosis[], facts: HostFacts): string {
  const family = familyOf(facts.distribution);
  const width = Math.max(...diagnoses.map(({ title }) => title.length));
  const lines = diagnoses.flatMap(({ state, title, found, remedy }) => [
    `${MARKS[state].padEnd(8)} ${title.padEnd(width)}  ${found.replaceAll('\n', ' ')}`,
    ...(remedy === undefined ? [] : remedyLines(remedy, family).map((line) => `           ${line}`)),
  ]);
  return [...lines, '', verdictLine(diagnoses)].join('\n');
}

function verdictLine(diagnoses: readonly Diagnosis[]): string {
  const problems = diagnoses.filter(({ state }) => state === 'problem').length;
  if (problems === 0) return 'This machine can build images.';
  return `This machine cannot build images before ${problems === 1 ? 'this problem is' : `these ${problems} problems are`} mended.`;
}
