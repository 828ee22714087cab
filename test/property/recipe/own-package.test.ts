import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { AppError } from '../../../core/errors.ts';
import { writeDeb } from '../../../builder/formats/deb-write.ts';
import { parseOwnPackage, type OwnPackage } from '../../../builder/recipe/own-package/load.ts';
import { memberText } from '../../../builder/stages/debian/dpkg-database.ts';
import { debFormat, rpmFormat, type OwnOptionsOf } from '../../../builder/stages/own-package/options.ts';
import { ownDebSpec } from '../../../builder/stages/own-package/deb.ts';
import { packed } from '../../../builder/stages/own-package/pack.ts';
import { readFiles } from '../../../builder/formats/rpm/files.ts';
import { readRpm } from '../../../builder/formats/rpm/package.ts';
import { sha256 } from '../../../core/digest.ts';
import { inPieces } from '../../support/rpm-samples.ts';
import { openedDeb } from '../../support/own-packages.ts';

const EPOCH = 1_785_000_000;

function tryParse(text: string): OwnPackage | undefined {
  try {
    return parseOwnPackage('p/package.yaml', text);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).kind).toBe('recipe');
    return undefined;
  }
}

const part = fc.stringMatching(/^[A-Za-z0-9@._-]{1,12}$/);
const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join('/')}`);
const mode = fc.constantFrom('0644', '0755');
const description = fc.record({
  name: fc.constant('qubeforge-x'),
  architecture: fc.constant('amd64'),
  debian: fc.constant({ section: 'admin' }),
  fedora: fc.record({
    license: fc.constant('MIT'),
    requires: fc.array(fc.stringMatching(/^[ -~]{1,12}$/), { maxLength: 1 }),
  }),
  description: fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }),
  files: fc.array(fc.record({ source: part, target: path, mode }), { minLength: 1, maxLength: 6 }),
  links: fc.array(fc.record({ path, to: fc.string({ minLength: 1, maxLength: 110 }) }), { maxLength: 3 }),
});

it('any text is a description of a package or an error of ours', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      tryParse(text);
    }),
    { numRuns: 300 },
  );
});

/** What a description that was accepted is packed as, with made-up bytes. */
function optionsOf({ definition }: OwnPackage): {
  readonly deb: OwnOptionsOf<'deb'>;
  readonly rpm: OwnOptionsOf<'rpm'>;
} {
  const { name, description: text, files, links } = definition;
  const common = {
    ...{ name, description: text, links, source: 'ab'.repeat(32) },
    files: files.map(({ target, mode: bits }) => ({ target, mode: bits, content: { output: target } })),
  };
  return {
    deb: { ...common, ...debFormat(definition)!, version: '1' },
    rpm: { ...common, ...rpmFormat(definition)!, version: '1-1' },
  };
}

it('whatever is accepted can be packed, and is opened with the same files, sums and conffiles', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(description, fc.infiniteStream(fc.uint8Array({ maxLength: 50 })), async (one, bytes) => {
      const own = tryParse(stringify(one));
      if (own === undefined) return;
      accepted += 1;
      const { deb: options, rpm } = optionsOf(own);
      const contents = options.files.map(() => Buffer.from(bytes.next().value as Uint8Array));
      const deb = await openedDeb(ownDebSpec(options, contents, EPOCH));
      const sums = options.files.map(
        ({ target }, index) =>
          `${createHash('md5')
            .update(contents[index] ?? '')
            .digest('hex')}  ${target.slice(1)}`,
      );
      expect(memberText(deb, 'md5sums').trim().split('\n').sort()).toEqual(sums.sort());
      const conffiles = options.files.map(({ target }) => target).filter((name) => name.startsWith('/etc/'));
      expect([...deb.conffileSums.keys()].sort()).toEqual(conffiles.sort());
      expect(deb.symlinks.map(([link]) => `/${link}`).sort()).toEqual(
        options.links.map((link) => link.path).sort(),
      );
      const { header } = await readRpm(inPieces(packed(rpm, contents, EPOCH)), 'own.rpm');
      const digests = options.files.map(({ target }, index) => [target, sha256(contents[index]!)]);
      const found = readFiles(header, 'own.rpm').filter(({ linkTarget }) => linkTarget === '');
      expect(found.map(({ path: at, digest }) => [at, digest])).toEqual(digests.sort(byPath));
    }),
    { numRuns: 100 },
  );
  expect(accepted).toBeGreaterThan(20);
});

function byPath([a = '']: readonly string[], [b = '']: readonly string[]): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

it('the order in which files are listed changes nothing in the package', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(
        part.filter((name) => !/^\.\.?$/.test(name)),
        { minLength: 1, maxLength: 8 },
      ),
      fc.nat(),
      (names, turn) => {
        const files = names.map((name) => ({
          target: `/usr/${name}`,
          mode: '0644',
          content: { output: name },
        }));
        const pack = (order: typeof files): Buffer =>
          writeDeb(
            ownDebSpec(
              {
                ...{
                  format: 'deb',
                  name: 'qubeforge-x',
                  version: '1',
                  architecture: 'all',
                  section: 'admin',
                },
                ...{ description: 'x', depends: [], source: 'ab'.repeat(32), links: [] },
                files: order,
              },
              order.map(({ target }) => Buffer.from(target)),
              EPOCH,
            ),
          );
        const at = turn % files.length;
        expect(pack([...files.slice(at), ...files.slice(0, at)])).toEqual(pack(files));
      },
    ),
    { numRuns: 50 },
  );
});
