import { Secret } from '../../core/secret.ts';

/** Letters that lie on the same keys of every Latin keyboard layout, as YubiKeys and systemd use them. */
const LETTERS = 'cbdefghijklnrtuv';
const GROUPS = 8;
const GROUP = 6;

/** A recovery key of 192 random bits: eight groups of six letters. */
export function drawRecoveryKey(random: (length: number) => Uint8Array): Secret {
  const letters = Array.from(
    random((GROUPS * GROUP) / 2),
    (byte) => `${letter(byte >> 4)}${letter(byte & 15)}`,
  ).join('');
  const groups = Array.from({ length: GROUPS }, (_, index) =>
    letters.slice(index * GROUP, (index + 1) * GROUP),
  );
  return new Secret(groups.join('-'));
}

function letter(value: number): string {
  return LETTERS[value] ?? '';
}
