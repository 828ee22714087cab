import fc from 'fast-check';

/** Damages bytes as transfers, disks and attackers do: changes, cuts, inserts and repeats. */
export function mutated(original: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const edit = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom(...(['flip', 'cut', 'insert', 'remove', 'repeat'] as const)),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  });
  return fc.tuple(original, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([bytes, edits]) =>
    edits.reduce((now, { at, kind, bytes: extra }) => {
      const place = now.length === 0 ? 0 : at % now.length;
      const end = Math.min(now.length, place + extra.length);
      const parts = {
        flip: [now.subarray(0, place), extra.subarray(0, end - place), now.subarray(end)],
        cut: [now.subarray(0, place)],
        insert: [now.subarray(0, place), extra, now.subarray(place)],
        remove: [now.subarray(0, place), now.subarray(end)],
        repeat: [now.subarray(0, end), now.subarray(place)],
      };
      return Buffer.concat(parts[kind]);
    }, bytes),
  );
}

/** One of the characters of `text`. */
export function oneOf(text: string): fc.Arbitrary<string> {
  return fc.constantFrom(...Array.from(text));
}

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A Debian package name. */
export const packageName: fc.Arbitrary<string> = fc
  .tuple(oneOf(ALPHANUMERIC), fc.string({ unit: oneOf(`${ALPHANUMERIC}+-.`), minLength: 1, maxLength: 20 }))
  .map(([first, rest]) => first + rest);

const part = (characters: string): fc.Arbitrary<string> =>
  fc.string({ unit: oneOf(characters), minLength: 1, maxLength: 6 });

/** A Debian version, from few characters so that near misses are common. */
export const debianVersion: fc.Arbitrary<string> = fc
  .record({
    epoch: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4, nil: undefined }),
    head: fc.constantFrom('0', '00', '1', '2', '10', '09'),
    tail: fc.oneof(fc.constant(''), part('01.~+ab-Z')),
    revision: fc.option(part('019.~+aZ'), { nil: undefined }),
  })
  .map(({ epoch, head, tail, revision }) => {
    const upstream = revision === undefined ? `${head}${tail}`.replaceAll('-', '') : `${head}${tail}`;
    return `${epoch === undefined ? '' : `${epoch}:`}${upstream}${revision === undefined ? '' : `-${revision}`}`;
  });
