import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { answersSchema } from '../../../installer/plan/answers.ts';
import { findingsOf } from '../../../installer/checks/registry.ts';
import { chooseDisk } from '../../../installer/plan/choose-disk.ts';
import { drawIdentity } from '../../../installer/plan/identity.ts';
import { makePlan } from '../../../installer/plan/plan.ts';
import { LSBLK } from '../../../installer/probe/disks.ts';
import { probe } from '../../../installer/probe/probe.ts';
import { PAGES, runWizard } from '../../../installer/ui/wizard.ts';
import { fakeSource, GOOD_XEN, lsblk, vary, type FakeMachine } from './machines.ts';
import { countedUuids, FILES, IMAGES } from './plans.ts';
import { back, scripted, type Doing } from './scripted.ts';

const PASSPHRASE = 'correct horse battery staple';

/** The answers of somebody who takes what is offered, page by page. */
const PAGE_ANSWERS: Readonly<Record<string, readonly Doing[]>> = {
  language: ['Deutsch'],
  keyboard: ['German', 'yz@', 'Yes'],
  hardware: ['Go on'],
  disk: ['/dev/nvme0n1', 'Use this disk'],
  passphrase: [PASSPHRASE, PASSPHRASE],
  user: ['alice', 'longenough', 'longenough'],
  hostname: ['desk'],
  timezone: ['Europe/Berlin'],
  templates: [['debian-13'], 'Service qubes, personal'],
  devices: ['sys-usb'],
  storage: ['Yes', 'LVM', 'Yes'],
  review: ['Install', 'S4DISK'],
};

async function walk(doings: readonly Doing[], machine: FakeMachine = GOOD_XEN) {
  const script = scripted(doings);
  const look = async () => {
    const hardware = await probe(fakeSource(machine), undefined);
    return { hardware, findings: findingsOf(hardware) };
  };
  const work = runWizard(
    {
      prompts: script.prompts,
      look,
      setKeyboard: () => Promise.resolve(true),
      manifest: { format: 'qubeforge-medium/1', created: 0, images: IMAGES, files: FILES },
      makePlan: (input, { hardware }) => {
        const answers = answersSchema.parse(input);
        const disk = chooseDisk(hardware.disks, answers.disk);
        return makePlan({
          answers,
          disk,
          hardware,
          identity: drawIdentity(countedUuids()),
          images: IMAGES,
          files: FILES,
        });
      },
    },
    await look(),
  );
  return { draft: await work, ...script };
}

const all = (change: Record<string, readonly Doing[]> = {}) =>
  PAGES.flatMap((page) => change[page.id] ?? PAGE_ANSWERS[page.id] ?? []);

describe('the wizard', () => {
  it('asks everything once and ends with the reviewed plan', async () => {
    const { draft, left } = await walk(all());
    expect(left).toEqual([]);
    expect(draft.plan?.context.answers).toMatchObject({
      language: 'de_DE.UTF-8',
      keyboard: { layout: 'de', variant: '' },
      disk: { serial: 'S4DISK' },
      user: { name: 'alice' },
      hostname: 'desk',
      timezone: 'Europe/Berlin',
      templates: ['debian-13'],
      overrides: [],
    });
    expect(draft.passphrase?.reveal()).toBe(PASSPHRASE);
  });

  it('shows neither passphrase nor password', async () => {
    const { seen, draft } = await walk(all());
    expect(seen.join('\n')).not.toMatch(/horse|longenough/);
    expect(JSON.stringify(draft)).not.toMatch(/horse|longenough/);
  });

  it.each(PAGES.slice(1).map((page, index) => [page.id, PAGES[index]!.id] as const))(
    'goes back from %s to %s and on again',
    async (here, before) => {
      const again = [back, ...(PAGE_ANSWERS[before] ?? []), ...(PAGE_ANSWERS[here] ?? [])];
      const { draft, left } = await walk(all({ [here]: again }));
      expect(left).toEqual([]);
      expect(draft.plan).toBeDefined();
    },
  );

  it('stays on the first page when there is no page before', async () => {
    expect((await walk(all({ language: [back, 'Deutsch'] }))).draft.plan).toBeDefined();
  });

  it.each<[string, string, readonly Doing[], RegExp]>([
    ['weak passphrase', 'passphrase', ['password1', PASSPHRASE, PASSPHRASE], /10\^12 are needed/],
    [
      'passphrase typed otherwise',
      'passphrase',
      [PASSPHRASE, 'other', PASSPHRASE, PASSPHRASE],
      /not the same/,
    ],
    ['root as user', 'user', ['root', 'alice', 'longenough', 'longenough'], /root is locked/],
    ['short password', 'user', ['alice', 'short', 'longenough', 'longenough'], /Eight characters/],
    ['bad host name', 'hostname', ['-', 'desk'], /letters, digits/],
    ['unknown zone', 'timezone', ['Atlantis', 'Europe/Berlin'], /No such zone/],
    ['a part of several zones', 'timezone', ['europe/b', 'berlin'], /Do you mean Europe\/Belgrade, /],
    ['no template', 'templates', [[], ['debian-13'], 'None'], /Mark one at least/],
    ['wrong serial number', 'review', ['Install', 'S4DISk', 'S4DISK'], /Type S4DISK/],
    ['wrong layout', 'keyboard', ['German', 'zy', 'No', 'English (US)', 'yz', 'Yes'], /Did you mean/],
  ])('a mistake is told and asked again: %s', async (_, page, doings, told) => {
    const { seen, left, draft } = await walk(all({ [page]: doings }));
    expect(left).toEqual([]);
    expect(seen.join('\n')).toMatch(told);
    expect(draft.plan).toBeDefined();
  });

  it('Ctrl-C at every question leaves with an error of ours', async () => {
    const doings = all();
    const stop = new AppError({ kind: 'usage', code: 'wizard.stopped', what: 'left' });
    for (let at = 0; at < doings.length; at += 1) {
      await expect(walk([...doings.slice(0, at), { stop }])).rejects.toBe(stop);
    }
  });

  it('shows the commands and lets a page be changed from the review', async () => {
    const jump = ['Show every command', 'Change something', 'Name of the machine', 'other'];
    const { draft, seen, left } = await walk(all({ review: [...jump, 'Install', 'S4DISK'] }));
    expect(left).toEqual([]);
    expect(draft.plan?.context.answers.hostname).toBe('other');
    expect(seen.join('\n')).toContain('cryptsetup luksFormat');
  });

  it('goes back to the review from a page that was to be changed, and asks nothing between', async () => {
    const jump = ['Change something', 'Name of the machine', '-', back];
    const { draft, left } = await walk(all({ review: [...jump, 'Install', 'S4DISK'] }));
    expect(left).toEqual([]);
    expect(draft.plan?.context.answers.hostname).toBe('desk');
  });

  it('suggests keyboard and time zone by the language', async () => {
    const { draft } = await walk(all({ language: ['Francais'] }));
    expect(draft.suggested).toEqual({ layout: 'fr', timezone: 'Europe/Paris' });
  });

  it('shows everything that was chosen before it asks for the word', async () => {
    const { seen } = await walk(all());
    const review = seen.slice(seen.findIndex((text) => text.includes('Review ---'))).join('\n');
    for (const chosen of ['desk, alice', 'de_DE.UTF-8, keyboard de', 'Europe/Berlin', 'yes, shown once'])
      expect(review).toContain(chosen);
  });

  it('lets a blocked machine through only by the words, and remembers what was overridden', async () => {
    const bad = vary(GOOD_XEN, {
      commands: {
        'xl info': 'total_memory : 32541\nvirt_caps : pv hvm hap\n',
        'xl dmesg': '(XEN) Xen version 4',
      },
    });
    const doings = ['Go on all the same', 'yes', '', 'Go on all the same', 'without isolation'];
    const { draft } = await walk(all({ hardware: doings }), bad);
    expect(draft.answers.overrides).toEqual(['iommu']);
  });

  it('shows every disk that stays untouched before one is chosen', async () => {
    const disks = [
      { name: 'nvme0n1', size: 512e9, serial: 'S4DISK' },
      { name: 'sda', size: 2000e9, serial: 'KEEPME', model: 'Archive' },
    ];
    const { seen } = await walk(all(), vary(GOOD_XEN, { commands: { [LSBLK.join(' ')]: lsblk(disks) } }));
    expect(seen.join('\n')).toMatch(/These disks stay untouched:\n {4}\/dev\/sda.*serial KEEPME/);
  });
});
