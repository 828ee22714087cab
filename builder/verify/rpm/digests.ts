import { createHash } from 'node:crypto';
import type { RpmHeader } from '../../formats/rpm/header.ts';
import { SIGNATURE_TAG } from '../../formats/rpm/tags.ts';

/** A digest of the main header that stands, unprotected, in the signature header. */
export interface HeaderDigest {
  /** As rpm prints it, for example `Header SHA256 digest`. */
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

const DIGESTS: readonly (readonly [string, number, string])[] = [
  ['Header SHA256 digest', SIGNATURE_TAG.sha256Header, 'sha256'],
  ['Header SHA1 digest', SIGNATURE_TAG.sha1Header, 'sha1'],
  ['Header SHA3-256 digest', SIGNATURE_TAG.sha3Header, 'sha3-256'],
];

/** The digests that are present, each with what `header` really hashes to. They detect damage, not malice. */
export function headerDigests(signature: RpmHeader, header: Uint8Array): readonly HeaderDigest[] {
  return DIGESTS.flatMap(([name, tag, algorithm]) => {
    const expected = signature.string(tag);
    if (expected === undefined) return [];
    return [
      { name, expected: expected.toLowerCase(), got: createHash(algorithm).update(header).digest('hex') },
    ];
  });
}

/** The first header digest that does not fit; undefined when all do. */
export function headerDigestProblem(
  signature: RpmHeader,
  header: Uint8Array,
): { readonly expected: string; readonly got: string } | undefined {
  const wrong = headerDigests(signature, header).find(({ expected, got }) => expected !== got);
  return wrong && { expected: `${wrong.name} ${wrong.expected}`, got: wrong.got };
}
