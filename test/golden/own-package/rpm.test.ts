import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRpm } from '../../../builder/formats/rpm/package.ts';
import type { RpmHeader } from '../../../builder/formats/rpm/header.ts';
import { TAG } from '../../../builder/formats/rpm/tags.ts';
import { parseOwnPackage } from '../../../builder/recipe/own-package/load.ts';
import { ownPrimary } from '../../../builder/resolve/dnf-own.ts';
import { rpmFormat, type OwnOptionsOf } from '../../../builder/stages/own-package/options.ts';
import { packed } from '../../../builder/stages/own-package/pack.ts';
import { OWN_YAML } from '../../support/own-packages.ts';
import { inPieces } from '../../support/rpm-samples.ts';

const EPOCH = 1_785_000_000;
const { definition } = parseOwnPackage('small/package.yaml', OWN_YAML);
const format = rpmFormat(definition)!;
const golden = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** A tag of the header as people read it. */
function value(header: RpmHeader, tag: number): string {
  for (const read of [() => header.strings(tag), () => header.numbers(tag)]) {
    try {
      return JSON.stringify(read());
    } catch {
      continue;
    }
  }
  return 'bytes';
}

describe('a package of ours for Fedora', () => {
  it('has the header that was recorded, and the same bytes each time', async () => {
    const options: OwnOptionsOf<'rpm'> = {
      ...{ name: definition.name, version: '0.1.0+20260725.abababab-1', source: 'ab'.repeat(32) },
      ...{ description: definition.description, links: definition.links, ...format },
      files: definition.files.map(({ target, mode }) => ({ target, mode, content: { output: target } })),
    };
    const contents = options.files.map(({ target }) => Buffer.from(`${target}\n`));
    const bytes = packed(options, contents, EPOCH);
    expect(packed(options, contents, EPOCH)).toEqual(bytes);
    const { header } = await readRpm(inPieces(bytes), 'own.rpm');
    const names = new Map(Object.entries(TAG).map(([name, tag]) => [tag as number, name]));
    const lines = header.tags.map((tag) => `${names.get(tag) ?? String(tag)} ${value(header, tag)}`);
    expect(`${lines.join('\n')}\n`).toBe(golden('small.rpm.txt'));
  });

  it('is listed for dnf as was recorded', () => {
    expect(ownPrimary([{ ...format, name: definition.name }])).toBe(golden('small.primary.xml'));
  });
});
