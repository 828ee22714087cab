import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitClearsigned } from '../../../builder/verify/clearsign.ts';
import { loadKeyring } from '../../../builder/verify/keyring.ts';
import { verifyClearsigned, verifyDetached } from '../../../builder/verify/openpgp.ts';
import { onlyAppErrors, onlyAppErrorsAsync } from '../../support/only-app-errors.ts';
import { clearsign, detachedSign, keyFiles, keyringOf, makeTestKey } from '../../support/test-keys.ts';

const key = await makeTestKey();
const keyring = await keyringOf([key]);
const options = { keyring, where: 'InRelease', now: new Date(), keysValid: 'now' } as const;
const text = 'Suite: trixie\nDate: today\nSHA256:\n abc 1 main/x\n';
const signed = await clearsign(text, key);

/** Bytes with some of them changed, removed or doubled. */
const damaged = (data: Buffer) =>
  fc
    .array(fc.record({ at: fc.nat(data.length - 1), how: fc.nat(2), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => {
      let bytes = Buffer.from(data);
      for (const { at, how, byte } of changes) {
        const start = Math.min(at, bytes.length - 1);
        const middle = how === 0 ? [byte] : how === 1 ? [] : [bytes[start] ?? 0, byte];
        bytes = Buffer.concat([bytes.subarray(0, start), Buffer.from(middle), bytes.subarray(start + 1)]);
      }
      return bytes;
    });

test('a damaged InRelease is refused, or hands on exactly the signed text', async () => {
  await fc.assert(
    fc.asyncProperty(damaged(signed), async (data) => {
      await onlyAppErrorsAsync(async () => {
        const { payload } = await verifyClearsigned(data, options);
        expect(payload.toString()).toBe(text.trimEnd());
      });
    }),
    { numRuns: 1500 },
  );
});

test('a damaged detached signature or text gives only errors of ours', async () => {
  const data = Buffer.from(text);
  for (const binary of [true, false]) {
    const signature = await detachedSign(data, key, { binary });
    await fc.assert(
      fc.asyncProperty(damaged(signature), (bad) =>
        onlyAppErrorsAsync(() => verifyDetached(data, bad, options)).then(() => undefined),
      ),
      { numRuns: 500 },
    );
  }
});

test('a signature whose time of creation cannot be read is refused', async () => {
  const data = Buffer.from(text);
  const signature = Buffer.from(await detachedSign(data, key, { binary: true }));
  // The fingerprint of the issuer (RFC 9580, section 5.2.3.35) becomes a second creation time, of 21 bytes.
  const at = signature.indexOf(Buffer.from([22, 33, 4]));
  expect(at).toBeGreaterThan(0);
  signature[at + 1] = 2;
  await expect(verifyDetached(data, signature, options)).rejects.toMatchObject({
    code: 'openpgp.unsupported',
  });
});

test('any text in a frame gives only errors of ours', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '-----BEGIN PGP SIGNED MESSAGE-----',
      '-----BEGIN PGP SIGNATURE-----',
      '-----END PGP SIGNATURE-----',
      'Hash: SHA512',
      '',
      '- x',
      '-x',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      onlyAppErrors(() => splitClearsigned(Buffer.from(lines.join('\n')), 'x'));
    }),
    { numRuns: 3000 },
  );
});

test('dash escapes are undone for any text', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !/[\r\n]/.test(line))),
      async (lines) => {
        const plain = lines.map((line) => line.replace(/[ \t]+$/, '')).join('\n');
        // The signing library drops a text of empty lines only, so there is nothing to read back.
        fc.pre(/[^\n]/.test(plain));
        expect(splitClearsigned(await clearsign(plain, key), 'x').text).toBe(plain.replace(/\n$/, ''));
      },
    ),
    { numRuns: 100 },
  );
});

test('a damaged key file or list gives only errors of ours', async () => {
  const { manifest, files } = await keyFiles([key]);
  const armored = files.get('test-0.asc')!;
  await fc.assert(
    fc.asyncProperty(
      damaged(armored),
      damaged(Buffer.from(manifest)),
      fc.boolean(),
      async (file, list, which) => {
        const given = new Map([['test-0.asc', which ? file : armored]]);
        await onlyAppErrorsAsync(() =>
          loadKeyring({ text: which ? manifest : list.toString(), where: 'keys.yaml' }, given),
        );
      },
    ),
    { numRuns: 500 },
  );
});
