import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArMembers } from '../../../builder/formats/ar.ts';
import { readDeb } from '../../../builder/formats/deb.ts';
import { writeDeb } from '../../../builder/formats/deb-write.ts';
import { arArchive } from '../../support/ar-samples.ts';
import { mutated } from '../../support/arbitraries.ts';
import { onlyAppErrorsAsync } from '../../support/only-app-errors.ts';

const member = fc.tuple(fc.stringMatching(/^[A-Za-z0-9_.+-]{1,16}$/), fc.uint8Array({ maxLength: 90 }));

describe('ar', () => {
  it('finds every member where it lies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 8 }), async (members) => {
        const archive = arArchive(members);
        const found = await readArMembers(archive, 'f');
        expect(found.map(({ name }) => name)).toEqual(members.map(([name]) => name));
        for (const [index, { offset, size }] of found.entries()) {
          expect(archive.subarray(offset, offset + size)).toEqual(Buffer.from(members[index]![1]));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('throws nothing but our errors, and never points outside the file', async () => {
    const deb = writeDeb({
      control: [['Package', 'a']],
      files: [{ path: 'a', mode: 0o644, content: 'x' }],
      epoch: 0,
    });
    const codes = new Set<string | undefined>();
    const source = fc.oneof(
      mutated(fc.array(member, { maxLength: 4 }).map(arArchive)),
      mutated(fc.constant(deb)),
      fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from('!<arch>\n'), bytes])),
    );
    await fc.assert(
      fc.asyncProperty(source, async (bytes) => {
        const code = await onlyAppErrorsAsync(async () => {
          for (const { offset, size } of await readArMembers(bytes, 'f')) {
            expect(offset + size).toBeLessThanOrEqual(bytes.length);
          }
        });
        codes.add(code);
        codes.add(await onlyAppErrorsAsync(() => readDeb(bytes, 'f')));
      }),
      { numRuns: 4000 },
    );
    expect([...codes]).toEqual(
      expect.arrayContaining(['ar.magic', 'ar.header', 'ar.truncated', 'deb.members', undefined]),
    );
  });
});
