import { primaryXml } from '../formats/primary-write.ts';
import { parseRpmRelation } from '../formats/rpm/relation.ts';
import type { RpmSpec } from '../formats/rpm/package-write.ts';

/** A package of ours, which no repository has: dnf has to bring what it requires. */
export interface OwnRpmRequest extends Pick<RpmSpec, 'name' | 'architecture'> {
  /** Requirements, one each. */
  readonly requires: readonly string[];
}

/** The repository of our packages, as dnf calls it; names in recipes have no capitals. */
export const OWN_REPOSITORY = 'OWN';

/** A list of our packages for dnf to resolve with; nothing is ever fetched by it. */
export function ownPrimary(own: readonly OwnRpmRequest[]): string {
  return primaryXml(
    own.map(({ name, architecture, requires }) => ({
      spec: {
        ...{ name, architecture, version: '0', release: '0', epoch: 0 },
        ...{ summary: name, description: name, license: 'unknown' },
        requires: requires.flatMap((text) => parseRpmRelation(text) ?? []),
      },
      ...{ paths: [], sha256: '0'.repeat(64), size: 1, location: `${name}.rpm` },
    })),
  );
}
