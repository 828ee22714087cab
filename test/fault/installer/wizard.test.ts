import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { GOOD_XEN } from '../../unit/installer/machines.ts';
import { type Doing } from '../../unit/installer/scripted.ts';
import { signedMedium } from '../../unit/installer/signed-medium.ts';
import { expectUntouched, world } from '../../unit/installer/world.ts';

const PASSPHRASE = 'correct horse battery staple';
const PASSWORD = 'Zappel-Philipp-77';

/** Every question of the wizard, in its order, with an answer. */
const ANSWERS: readonly Doing[] = [
  ...['Deutsch', 'German', 'yz@', 'Yes', 'Go on', '/dev/nvme0n1', 'Use this disk'],
  ...[PASSPHRASE, PASSPHRASE, 'alice', PASSWORD, PASSWORD, 'desk', 'Europe/Berlin'],
  ...[['debian-13'], 'Service qubes, personal', 'sys-usb', 'Yes', 'LVM', 'Yes', 'Install', 'S4DISK'],
];

/** Wrong answers, each with the place in `ANSWERS` where it is given first. */
const MISTAKES: readonly (readonly [what: string, at: number, wrong: Doing])[] = [
  ['a weak passphrase', 7, 'qwerty'],
  ['root as the user', 9, 'root'],
  ['a short password', 10, 'short'],
  ['a bad name of the machine', 12, '-x-'],
  ['a zone that is not there', 13, 'Atlantis'],
  ['another serial number', 21, 'S4DISC'],
];

let medium: ReadonlyMap<string, string>;

beforeAll(async () => {
  medium = await signedMedium();
});

function machine(doings: readonly Doing[]) {
  const here = world(GOOD_XEN, doings);
  for (const [path, text] of medium) here.files.set(path, text);
  return here;
}

describe('the wizard', () => {
  it('installs once every question is answered', async () => {
    const here = machine(ANSWERS);
    expect((await here.type()).code).toBe(0);
    expect(here.commands[0]).toBe('journal /dev/nvme0n1');
    expect(here.seen.filter((text) => text.startsWith('? '))).toHaveLength(ANSWERS.length);
  });

  it.each(ANSWERS.map((_, at) => [at + 1] as const))(
    'writes nothing when Ctrl-C is typed at question %i',
    async (question) => {
      const stop = new AppError({ kind: 'usage', code: 'wizard.stopped', what: 'left' });
      const here = machine([...ANSWERS.slice(0, question - 1), { stop }]);
      await expect(here.type()).rejects.toBe(stop);
      expectUntouched(here);
    },
  );

  it.each(MISTAKES)('tells of %s and asks again, with nothing written', async (_, at, wrong) => {
    const stop = new AppError({ kind: 'usage', code: 'wizard.stopped', what: 'left' });
    const here = machine([...ANSWERS.slice(0, at), wrong, { stop }]);
    await expect(here.type()).rejects.toBe(stop);
    const [question, told, again] = here.seen.slice(-3);
    expect(told).toMatch(/^! \S/);
    expect(again).toBe(question);
    expectUntouched(here);
  });
});
