import type { Relation } from '../formats/debian-relation.ts';
import type { BinaryPackage } from '../formats/packages-index.ts';
import type { Universe } from './universe.ts';

export interface Conflict {
  readonly from: BinaryPackage;
  readonly against: BinaryPackage;
  readonly field: 'conflicts with' | 'breaks';
  readonly relation: Relation;
}

/**
 * The first pair of chosen packages, by name, that exclude each other. A package does not conflict with
 * itself, also not by a name that it provides (Debian Policy §7.4, §7.5).
 */
export function findConflict(
  universe: Universe,
  chosen: ReadonlyMap<string, BinaryPackage>,
): Conflict | undefined {
  const byName = [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const from of byName) {
    const fields = [
      ['conflicts with', from.conflicts],
      ['breaks', from.breaks],
    ] as const;
    for (const [field, text] of fields) {
      if (text === undefined) continue;
      for (const relation of universe.groups(text, `${from.name} ${from.version}`).flat()) {
        const against = universe.satisfiers(relation, chosen).find((other) => other !== from);
        if (against !== undefined) return { from, against, field, relation };
      }
    }
  }
  return undefined;
}
