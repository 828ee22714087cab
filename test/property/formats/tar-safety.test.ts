import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TarEntry, TarEntryType } from '../../../builder/formats/tar-entry.ts';
import { checkEntry, newTarSafety } from '../../../builder/formats/tar-safety.ts';
import { onlyAppErrors } from '../../support/only-app-errors.ts';
import { tarEntry } from '../../support/tar-samples.ts';
import { TreeModel } from '../../support/tree-model.ts';

/** Few names, so that entries meet; every trick is among them. */
const segment = fc.constantFrom('a', 'b', 'c', '..', '.', '', 'usr');
const path = fc
  .tuple(
    fc.constantFrom('', './', '/', './/'),
    fc.array(segment, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '/'),
  )
  .map(([start, segments, end]) => start + segments.join('/') + end);
const type = fc.constantFrom<TarEntryType>(
  'file',
  'hardlink',
  'symlink',
  'symlink',
  'directory',
  'char',
  'fifo',
);
const entry = fc
  .record({ path, type, linkname: path, mode: fc.constantFrom(0o644, 0o4755, 0o2755) })
  .map(({ path: name, type: kind, ...rest }): TarEntry => tarEntry(name, kind, rest));

describe('checkEntry', () => {
  it('lets nothing be written outside, by a model of a file system that follows every link', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (entries) => {
        const state = newTarSafety();
        const tree = new TreeModel();
        for (const one of entries) {
          const code = onlyAppErrors(() => {
            const { path: landing, target } = checkEntry(one, state);
            // As an unpacker would do it that knows no better: by the name in the archive.
            const place = tree.write(one, target);
            expect(place, JSON.stringify(entries)).toBe(landing);
            accepted += 1;
          });
          expect(code ?? 'tar-safety.').toMatch(/^tar-safety\./);
        }
      }),
      { numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(5000);
  });

  it('refuses each name that leads out', () => {
    fc.assert(
      fc.property(path, fc.constantFrom<TarEntryType>('file', 'directory'), (name, kind) => {
        const refused = onlyAppErrors(() => checkEntry(tarEntry(name, kind), newTarSafety())) !== undefined;
        const climbs = name.split('/').includes('..');
        expect(refused).toBe(
          climbs || name === '' || name.startsWith('/') || (kind === 'file' && isRoot(name)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('throws nothing but our errors for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), type, (name, link, kind) => {
        onlyAppErrors(() => checkEntry(tarEntry(name, kind, { linkname: link }), newTarSafety()));
      }),
      { numRuns: 3000 },
    );
  });
});

function isRoot(name: string): boolean {
  return name.split('/').every((part) => part === '' || part === '.');
}
