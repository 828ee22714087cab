import { describe, expect, test } from 'vitest';
import { isClearsigned, splitClearsigned } from '../../../builder/verify/clearsign.ts';
import { codeOf } from '../../support/only-app-errors.ts';

const HEAD = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n';
const TAIL = '-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n';
const split = (text: string) => splitClearsigned(Buffer.from(text), 'InRelease');

describe('splitClearsigned', () => {
  test('undoes the dash escapes and drops trailing blanks, as the signature covers neither', () => {
    expect(split(`${HEAD}a \t\n- -b\n- \n\nc\r\n${TAIL}`)).toEqual({
      text: 'a\n-b\n\n\nc',
      signature: TAIL,
    });
  });

  test.each([
    ['text before the frame', `Suite: evil\n${HEAD}a\n${TAIL}`, 'openpgp.no-signature'],
    ['an empty file', '', 'openpgp.no-signature'],
    ['text after the frame', `${HEAD}a\n${TAIL}Suite: evil\n`, 'openpgp.frame'],
    ['a second frame', `${HEAD}a\n${TAIL}${HEAD}b\n${TAIL}`, 'openpgp.frame'],
    ['a header that is not Hash', `${HEAD.replace('Hash', 'Comment')}a\n${TAIL}`, 'openpgp.frame'],
    ['no empty line after the headers', `${HEAD.trimEnd()}\na\n${TAIL}`, 'openpgp.frame'],
    ['a dash that is not escaped', `${HEAD}-a\n${TAIL}`, 'openpgp.frame'],
    ['no signature block', `${HEAD}a\n`, 'openpgp.frame'],
    ['no end of the signature block', `${HEAD}a\n${TAIL.split('-----END')[0] ?? ''}`, 'openpgp.frame'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => split(text))).toBe(code);
  });

  test('refuses bytes that are not UTF-8', () => {
    const data = Buffer.concat([Buffer.from(HEAD), Buffer.from([0xff]), Buffer.from(`\n${TAIL}`)]);
    expect(codeOf(() => splitClearsigned(data, 'InRelease'))).toBe('openpgp.frame');
  });
});

test('isClearsigned looks at the first line only', () => {
  expect(isClearsigned(Buffer.from(HEAD))).toBe(true);
  expect(isClearsigned(Buffer.from('Suite: x'))).toBe(false);
});
