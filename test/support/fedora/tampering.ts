import { assembleRpm, writeRpmParts, type RpmSpec } from '../../../builder/formats/rpm/package-write.ts';
import { signBytes, signedRpm } from '../rpm-samples.ts';
import type { TestKey } from '../test-keys.ts';
import { EPOCH } from './fixture.ts';
import type { PublishedRpm } from './repository.ts';

/** The keys that a case may sign with. */
export interface TamperKeys {
  /** Pinned and allowed by the recipe. */
  readonly good: TestKey;
  /** Pinned and allowed by the recipe, but expired. */
  readonly expired: TestKey;
  /** Neither. */
  readonly other: TestKey;
}

/** What somebody with a mirror does to the package `hello`; its lists fit the changed bytes. */
export interface TamperCase {
  readonly name: string;
  /** Code of the error that locking ends with. */
  readonly code: string;
  /** What its text says. */
  readonly says: RegExp;
  readonly make: (keys: TamperKeys) => Promise<Buffer>;
}

const common = {
  version: '1.0',
  release: '1.fc43',
  architecture: 'noarch',
  description: 'Made by a test.',
  license: 'MIT',
  epoch: EPOCH,
} as const;

/** A small repository: `hello` needs `greeting`. */
export const HELLO: RpmSpec = {
  ...common,
  name: 'hello',
  summary: 'Says hello',
  requires: [{ name: 'greeting' }],
  files: [{ path: '/usr/share/hello', mode: 0o644, content: 'hello\n'.repeat(200) }],
};
export const GREETING: RpmSpec = {
  ...common,
  name: 'greeting',
  summary: 'Something to say',
  files: [{ path: '/usr/share/greeting', mode: 0o644, content: 'hi\n' }],
};
const OTHER: RpmSpec = { ...HELLO, name: 'helli', summary: 'Signed by the same key' };

const SIGNED = new Date((EPOCH + 60) * 1000);
/** While the expired key was valid. */
export const EXPIRED_LIFETIME = 3600;

function signed(key: TestKey, spec = HELLO): Promise<Buffer> {
  return signedRpm(key.privateKey, { spec, date: SIGNED });
}

/** The two packages, with other bytes for `hello` where they are given. */
export async function helloPackages(good: TestKey, hello?: Buffer): Promise<PublishedRpm[]> {
  return [
    { spec: HELLO, bytes: hello ?? (await signed(good)) },
    { spec: GREETING, bytes: await signed(good, GREETING) },
  ];
}

export const TAMPER_CASES: readonly TamperCase[] = [
  {
    name: 'a byte of the header',
    code: 'openpgp.bad-signature',
    says: /signature/i,
    make: async ({ good }) => replaced(await signed(good), 'Says hello', 'Says hallo'),
  },
  {
    name: 'a byte of the payload',
    code: 'rpm.payload',
    says: /payload of the package is not the one that was signed/,
    make: async ({ good }) => replaced(await signed(good), 'hello\nhello\n', 'hello\nhallo\n'),
  },
  {
    name: 'a byte of the signature',
    code: 'openpgp.bad-signature',
    says: /signature/i,
    make: async ({ good }) => {
      const { header, payload } = writeRpmParts(HELLO);
      const value = Buffer.from(await signBytes(header, good.privateKey, SIGNED));
      value.writeUInt8(value.readUInt8(value.length - 5) ^ 1, value.length - 5);
      return assembleRpm(HELLO, { header, payload }, new Map([[268, { type: 'bin', value }]]));
    },
  },
  {
    name: 'a signature by a key that is not pinned',
    code: 'openpgp.unknown-key',
    says: /pinned/,
    make: ({ other }) => signed(other),
  },
  {
    name: 'a signature by a key that has expired',
    code: 'openpgp.key-expired',
    says: /expired/,
    make: ({ expired }) => signed(expired),
  },
  {
    name: 'no signature',
    code: 'rpm.unsigned',
    says: /The package is not signed/,
    make: () => Promise.resolve(assembleRpm(HELLO, writeRpmParts(HELLO))),
  },
  {
    name: 'another signed package under its name',
    code: 'rpm.other-package',
    says: /signed header names another package/,
    make: ({ good }) => signed(good, OTHER),
  },
];

/** `text` replaced in the last place where it stands. */
function replaced(bytes: Buffer, text: string, by: string): Buffer {
  const at = bytes.lastIndexOf(text);
  if (at < 0) throw new Error(`the package does not hold ${JSON.stringify(text)}`);
  const copy = Buffer.from(bytes);
  copy.write(by, at, 'latin1');
  return copy;
}
