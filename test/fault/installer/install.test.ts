import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { LSBLK } from '../../../installer/probe/disks.ts';
import { GOOD_XEN, lsblk, vary, type FakeMachine } from '../../unit/installer/machines.ts';
import { signedMedium } from '../../unit/installer/signed-medium.ts';
import { expectUntouched, world } from '../../unit/installer/world.ts';

const PASSPHRASE = 'correct horse battery staple';
const PASSWORD = 'Zappel-Philipp-77';
const SECRETS = `passphrase: ${PASSPHRASE}\nuser-password: ${PASSWORD}\n`;
const ANSWERS = 'version: 1\ndisk: {serial: S4DISK}\n';
const INSTALL = ['install', '--answers', '/a', '--secrets', '/s', '--erase', 'S4DISK'];

let medium: ReadonlyMap<string, string>;

beforeAll(async () => {
  medium = await signedMedium();
});

function machine(fake: FakeMachine = GOOD_XEN) {
  const here = world(fake);
  for (const [path, text] of [...medium, ['/a', ANSWERS], ['/s', SECRETS]] as const)
    here.files.set(path, text);
  return here;
}

describe('an installation without questions', () => {
  it('does every step in order, each once, and closes its journal', async () => {
    const here = machine();
    expect((await here.type(...INSTALL)).code).toBe(0);
    expect(here.commands[0]).toBe('journal /dev/nvme0n1');
    const at = (start: string) => here.commands.findIndex((line) => line.startsWith(start));
    const order = [
      'sgdisk --zap-all',
      'cryptsetup luksFormat',
      'vgcreate',
      'deploy dom0',
      'chroot',
      'deploy debian-13',
    ];
    expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b));
    expect(at('deploy debian-13')).toBeGreaterThan(0);
    await expect(here.type('resume', '--secrets', '/s')).rejects.toMatchObject({ code: 'resume.none' });
  });

  it.each([
    ['/dev/disk/by-label/QF_ANSWERS', ''],
    ['/dev/disk/by-label/QUBEFORGE_ANSWERS', ''],
    ['/dev/disk/by-partlabel/QUBEFORGE_ANSWERS', ''],
    ['/dev/disk/by-label/MINE', 'quiet qubeforge.answers=MINE'],
  ])('starts by itself when there is %s', async (device, commandLine) => {
    const volume = '/run/qubeforge/answers';
    const here = machine(
      vary(GOOD_XEN, { links: { [device]: '/dev/sdb1' }, files: { '/proc/cmdline': commandLine } }),
    );
    here.files.set(`${volume}/answers.yaml`, ANSWERS);
    here.files.set(`${volume}/secrets.yaml`, SECRETS);
    here.files.set(`${volume}/erase`, 'S4DISK\n');
    expect((await here.type()).code).toBe(0);
    expect(here.commands).toContain(`mount -o ro ${device} ${volume}`);
    expect(here.commands.at(-1)).toBe(`umount ${volume}`);
  });

  it('takes mounts and volumes back in reverse order, also after a failure', async () => {
    const tail = (here: ReturnType<typeof world>) =>
      here.commands.filter((line) => /^umount|-a n |^cryptsetup close/.test(line)).slice(-8);
    const good = machine();
    await good.type(...INSTALL);
    const places = ['run', 'sys', 'proc', 'dev', 'boot/efi', 'boot'];
    expect(tail(good).slice(-2)[0]).toMatch(/^vgchange .* -a n qubeforge_/);
    expect(tail(good).at(-1)).toMatch(/^cryptsetup close qubeforge-/);
    expect(tail(good).slice(0, -2)).toEqual([
      ...places.slice(1).map((place) => `umount /run/qubeforge/target/${place}`),
      'umount /run/qubeforge/target',
    ]);
    const bad = machine();
    failAt(bad, (line) => line.includes('update-grub'));
    await expect(bad.type(...INSTALL)).rejects.toMatchObject({ kind: 'tool' });
    expect(tail(bad)).toEqual(tail(good));
  });

  it('takes back what a step did that failed half way, and is silent when there was nothing to take back', async () => {
    const here = machine();
    failAt(here, (line) => line.startsWith('vgchange') && line.includes('-a y'));
    await expect(here.type(...INSTALL)).rejects.toMatchObject({ kind: 'tool' });
    expect(here.commands.slice(-3, -1).map((line) => line.split(' ')[0])).toEqual(['journal', 'vgchange']);
    expect(here.commands.at(-1)).toMatch(/^cryptsetup close qubeforge-/);
    const shut = machine();
    let refused = false;
    failAt(shut, (line) => {
      refused ||= line.startsWith('cryptsetup open --allow-discards');
      return refused && line.startsWith('cryptsetup');
    });
    await expect(shut.type(...INSTALL)).rejects.toMatchObject({ kind: 'tool' });
    expect(shut.log.join('')).not.toMatch(/cryptsetup close \S+: failed/);
  });

  it.each<[string, readonly string[], Partial<Record<'/a' | '/s', string>>, string, FakeMachine?]>([
    ['unknown key', INSTALL, { '/a': `${ANSWERS}nope: 1\n` }, 'answers.invalid'],
    ['missing disk', INSTALL, { '/a': 'version: 1\ndisk: {serial: OTHER}\n' }, 'disk.missing'],
    ['two disks', INSTALL, { '/a': 'version: 1\ndisk: {model: "*"}\n' }, 'disk.ambiguous', two()],
    [
      'small disk',
      INSTALL,
      {},
      'disk.small',
      vary(GOOD_XEN, {
        commands: { [LSBLK.join(' ')]: lsblk([{ name: 'sda', size: 9e9, serial: 'S4DISK' }]) },
      }),
    ],
    ['weak passphrase', INSTALL, { '/s': 'passphrase: qwerty\nuser-password: x\n' }, 'passphrase.weak'],
    ['no passphrase', INSTALL, { '/s': 'user-password: xxxxxxxx\n' }, 'secrets.missing'],
    [
      'line break in a secret',
      INSTALL,
      { '/s': `passphrase: ${PASSPHRASE}\nuser-password: "a\\nroot:x"\n` },
      'secrets.characters',
    ],
    ['wrong erase serial', [...INSTALL.slice(0, -1), 'S4DISC'], {}, 'erase.token'],
    ['no erase serial', INSTALL.slice(0, -2), {}, 'erase.token'],
    ['no secrets', ['install', '--answers', '/a', '--erase', 'S4DISK'], {}, 'secrets.missing'],
    ['no answers', ['install', '--erase', 'S4DISK'], {}, 'usage'],
    ['template that is not there', INSTALL, { '/a': `${ANSWERS}templates: [fedora]\n` }, 'answers.template'],
    ['no IOMMU', INSTALL, {}, 'hardware.blocked', noIommu()],
    [
      'override of another finding',
      INSTALL,
      { '/a': `${ANSWERS}overrides: [memory]\n` },
      'hardware.blocked',
      noIommu(),
    ],
  ])('refuses %s and writes nothing', async (_, argv, files, code, fake) => {
    const here = machine(fake);
    for (const [path, text] of Object.entries(files)) here.files.set(path, text);
    const refused = expect(here.type(...argv)).rejects;
    await refused.toMatchObject({ code });
    expectUntouched(here);
  });

  it('goes on without an IOMMU when the answers override that finding by name', async () => {
    const here = machine(noIommu());
    here.files.set('/a', `${ANSWERS}overrides: [iommu]\n`);
    expect((await here.type(...INSTALL)).code).toBe(0);
  });

  it.each(['/medium/manifest.json', '/medium/manifest.json.asc', '/key.asc'])(
    'refuses a medium whose %s was changed',
    async (path) => {
      const here = machine();
      const text = here.files.get(path) ?? '';
      here.files.set(
        path,
        text
          .replace('nvme', 'x')
          .replace(/[A-Za-z](?=[^\n]{20}\n?$)/m, 'Q')
          .replace('"created":1', '"created":2'),
      );
      await expect(here.type(...INSTALL)).rejects.toMatchObject({ kind: 'verification' });
      expectUntouched(here);
    },
  );

  it.each(['images/debian-13/vmlinuz', 'SHA256SUMS'])(
    'names %s of the medium when it is damaged, and writes nothing',
    async (path) => {
      const here = machine();
      here.damaged.add(path);
      const refused = expect(here.type(...INSTALL)).rejects;
      await refused.toMatchObject({ code: 'medium.damaged', kind: 'verification', got: `${path}: changed` });
      expectUntouched(here);
    },
  );

  it('names a file of the medium that nobody listed, and writes nothing', async () => {
    const here = machine();
    here.strange.add('autorun');
    await expect(here.type(...INSTALL)).rejects.toMatchObject({ got: 'autorun: not listed' });
    expectUntouched(here);
  });

  it('plan and --dry-run print every command and write nothing', async () => {
    for (const argv of [
      ['plan', '--answers', '/a'],
      [...INSTALL, '--dry-run'],
    ]) {
      const here = machine();
      const { out } = await here.type(...argv);
      expect(out).toContain('cryptsetup luksFormat');
      expect(out).not.toContain('horse');
      expectUntouched(here);
    }
  });
});

describe('a power cut', () => {
  it('after any command: resume ends in the same system', async () => {
    const whole = machine();
    await whole.type(...INSTALL);
    const total = whole.commands.length;
    const steps = lasting(whole);
    let resumed = 0;
    // Before the second journal record there is nothing but an emptied journal.
    for (let cut = 2; cut < total; cut += 1) {
      const here = machine();
      cutAfter(here, cut);
      await expect(here.type(...INSTALL)).rejects.toThrow('power cut');
      here.restart();
      const before = lasting(here);
      here.commands.length = 0;
      expect((await here.type('resume', '--secrets', '/s')).code).toBe(0);
      // What was journalled is not done again; the step that was cut is done from its beginning.
      expect(new Set([...before, ...lasting(here)])).toEqual(new Set(steps));
      expect(written(here)).toEqual(written(whole));
      resumed += 1;
    }
    expect(resumed).toBe(total - 2);
    expect(resumed).toBeGreaterThan(100);
  }, 120_000);

  it('is not resumed with another passphrase', async () => {
    const here = machine();
    cutAfter(here, 12);
    await expect(here.type(...INSTALL)).rejects.toThrow('power cut');
    here.restart();
    here.files.set('/s', 'passphrase: qwerty\nuser-password: x\n');
    await expect(here.type('resume', '--secrets', '/s')).rejects.toMatchObject({ code: 'passphrase.weak' });
  });

  it('is not resumed from a damaged medium', async () => {
    const here = machine();
    cutAfter(here, 12);
    await expect(here.type(...INSTALL)).rejects.toThrow('power cut');
    here.restart();
    here.commands.length = 0;
    here.damaged.add('images/debian-13/initrd.img');
    await expect(here.type('resume', '--secrets', '/s')).rejects.toMatchObject({ code: 'medium.damaged' });
    expect(here.commands).toEqual([]);
  });

  it('leaves an error that says what was done, what not, and a bundle', async () => {
    const here = machine();
    failAt(here, (line) => line.startsWith('vgcreate'));
    const error = await here.type(...INSTALL).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ next: expect.stringContaining('resume') as string });
    expect((error as AppError).got).toMatch(/done: \d+ steps; not done: Make the volume group/);
    expect(here.files.get('/bundle.txt')).toMatch(/^not done: volume-group /m);
  });
});

describe('secrets', () => {
  it('are in no log, bundle, journal, argument or file of the target, whatever tools print', async () => {
    for (const fails of ['', 'update-grub']) {
      const here = machine();
      const stdins: string[] = [];
      here.hooks.command = (line, stdin) => {
        stdins.push(stdin);
        if (fails !== '' && line.includes(fails))
          throw new AppError({ kind: 'tool', code: 'x', what: 'no', got: stdin });
        // Tools that repeat what they were given.
        return /chpasswd|luksFormat|luksAddKey/.test(line) ? `I got ${stdin}` : undefined;
      };
      await here.type(...INSTALL).catch((error: unknown) => {
        if (fails === '') throw error;
      });
      const recovery = here.shown[0] ?? 'none';
      expect(stdins.join('\n')).toContain(PASSPHRASE);
      expect(stdins.join('\n')).toContain(recovery);
      here.files.delete('/s');
      const everything = [
        ...here.commands,
        ...here.log,
        ...here.files.values(),
        ...[...here.devices.values()].map((bytes) => new TextDecoder('latin1').decode(bytes)),
        here.output(),
      ].join('\n');
      for (const secret of [PASSPHRASE, PASSWORD, recovery]) expect(everything).not.toContain(secret);
    }
  });
});

function noIommu(): FakeMachine {
  return vary(GOOD_XEN, {
    commands: {
      'xl info': 'total_memory : 32541\nvirt_caps : pv hvm hap\n',
      'xl dmesg': '(XEN) Xen version 4',
    },
  });
}

function two(): FakeMachine {
  const disks = ['sda', 'sdb'].map((name) => ({ name, size: 100e9, serial: name }));
  return vary(GOOD_XEN, { commands: { [LSBLK.join(' ')]: lsblk(disks) } });
}

function failAt(here: ReturnType<typeof world>, at: (line: string) => boolean): void {
  here.hooks.command = (line) => {
    if (at(line)) throw new AppError({ kind: 'tool', code: 'tool.failed', what: 'failed' });
    return undefined;
  };
}

/** From then on nothing works any more, not even the journal. */
function cutAfter(here: ReturnType<typeof world>, count: number): void {
  here.hooks.command = () => {
    if (here.commands.length >= count) throw new Error('power cut');
    return undefined;
  };
}

/** The files of the new system; the log tells what was done by this run, not by all. */
function written(here: ReturnType<typeof world>): ReadonlyMap<string, string> {
  const log = /\/var\/log\/qubeforge-install\.log$/;
  return new Map(
    [...here.files]
      .filter(([path]) => path.startsWith('/run/qubeforge/target/'))
      .map(([path, text]) => [path, log.test(path) ? '' : text]),
  );
}

/** Commands that leave something behind: mounts and the like are gone at a restart. */
function lasting(here: ReturnType<typeof world>): string[] {
  return here.commands.filter(
    (line) =>
      !/^(u?mount|mountpoint|mkdir|journal|vgchange|udevadm|cryptsetup (open|close|status))/.test(line),
  );
}
