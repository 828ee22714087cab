import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOOT } from '../support/installation.ts';
import { GUESTS, request, startDesk, type Desk } from '../support/qubes-machine.ts';

const TEMPLATE = 'debian-13-minimal';

let desk: Desk;

const dom0 = (...args: Parameters<Desk['dom0']>): ReturnType<Desk['dom0']> => desk.dom0(...args);
const inside = (...args: Parameters<Desk['inside']>): ReturnType<Desk['inside']> => desk.inside(...args);

/** Names of the volumes of qubes, sorted by lvs. */
async function volumes(): Promise<readonly string[]> {
  return (await dom0('lvs --noheadings -o lv_name -O lv_name')).output
    .split(/\s+/)
    .filter((name) => name.startsWith('qube.'));
}

/** The thin devices of the pool by its own metadata and by LVM: one that only the pool knew would hold its blocks for ever. */
async function thinDevices(): Promise<{ readonly pool: string; readonly lvm: string }> {
  const device = '$(dmsetup ls --target thin-pool | cut -f 1 | grep qube--pool)';
  const { output } = await dom0(
    `p=${device}; dmsetup message $p 0 reserve_metadata_snap && ` +
      'thin_ls --metadata-snap --no-headers --format DEV /dev/mapper/${p%-tpool}_tmeta | sort -n; ' +
      'dmsetup message $p 0 release_metadata_snap',
  );
  const words = (text: string): string => text.trim().split(/\s+/).join(' ');
  const lvs = await dom0("lvs --noheadings --select 'pool_lv=qube-pool' -o thin_id | sort -n");
  return { pool: words(output), lvm: words(lvs.output) };
}

beforeAll(async () => {
  desk = await startDesk();
  expect(await desk.booted()).toBe('ExecMainStatus=0');
});
afterAll(() => desk[Symbol.asyncDispose]());

describe('what persists', () => {
  it('is /home and what changed in the template, not what a qube did to its root', async () => {
    // The file system of the template and all that a copy of its blocks could be written over.
    const digest = `head -c 3G /dev/*/qube.${TEMPLATE}.root | md5sum`;
    await inside('personal', 'echo kept > /home/user/kept');
    const before = await dom0(digest, BOOT);
    await inside('personal', 'echo lost > /usr/lost; sync', 'root');
    expect(await dom0(digest, BOOT)).toEqual(before);
    expect((await dom0(`qube start ${TEMPLATE} --wait 600`, GUESTS)).code).toBe(0);
    await inside(TEMPLATE, 'echo new > /usr/changed', 'root');
    expect((await dom0(`qube stop ${TEMPLATE} --wait 600`, GUESTS)).code).toBe(0);
    expect((await dom0(`qube list ${TEMPLATE} --revisions`)).output).not.toBe('');
    expect((await dom0('qube restart personal --wait 600', GUESTS)).code).toBe(0);
    expect((await inside('personal', 'cat /home/user/kept /usr/changed; ls /usr/lost')).output).toMatch(
      /^kept\nnew\n.*No such file/,
    );
    expect((await inside('personal', request(80))).output).toBe('hello');
  });
});

describe('qube apply', () => {
  it('ends in the same state wherever it is killed', async () => {
    const made = (await dom0('qube apply --dry-run')).output;
    expect(made).toBe('nothing to do');
    await dom0('cp /etc/qubeforge/qubes.yaml /root/before.yaml');
    for (const name of ['one', 'two', 'three']) {
      await dom0(
        `sed -i '/^qubes:/a\\  ${name}: {kind: AppVM, label: red, netvm: none}' /etc/qubeforge/qubes.yaml`,
      );
    }
    for (const seconds of [6, 9, 12, 15, 18, 24]) await dom0(`timeout --signal KILL ${seconds} qube apply`);
    expect((await dom0('qube apply')).code).toBe(0);
    const names = (await volumes()).filter((name) => /^qube\.(one|two|three)\./.test(name));
    expect(names).toEqual(['qube.one.private', 'qube.three.private', 'qube.two.private']);
    expect((await dom0('qube apply')).output).toBe('nothing to do');
  });
});

describe('a disposable', () => {
  it('leaves nothing when it is closed', async () => {
    const before = { volumes: await volumes(), devices: await thinDevices() };
    expect(before.devices.pool).toBe(before.devices.lvm);
    const use = `sh -c 'head -c 1M /dev/urandom > secret && hostname'`;
    expect(await dom0(`qube run default-dvm --disposable --wait 600 -- ${use} 2> /dev/null`, GUESTS)).toEqual(
      { output: 'disp-1', code: 0 },
    );
    expect(await volumes()).toEqual(before.volumes);
    expect(await thinDevices()).toEqual(before.devices);
  });

  it('leaves nothing when the power is cut', async () => {
    await dom0('qube run default-dvm --disposable --wait 600 -- sleep 10000 & sleep 5', GUESTS);
    await expect
      .poll(async () => (await dom0('qube list')).output, { timeout: GUESTS, interval: 10_000 })
      .toMatch(/disp-1 .*running/);
    expect((await volumes()).filter((name) => name.includes('disp-'))).not.toEqual([]);
    await desk.cutPower();
    const left = async (): Promise<readonly string[]> =>
      (await volumes()).filter((name) => name.includes('disp-'));
    await expect.poll(left, { timeout: BOOT, interval: 10_000 }).toEqual([]);
    expect((await dom0('dmsetup ls')).output).not.toContain('disp-');
    // Qubes of the boot are starting meanwhile.
    const same = async (): Promise<boolean> => {
      const { pool, lvm } = await thinDevices();
      return pool === lvm;
    };
    await expect.poll(same, { timeout: BOOT, interval: 10_000 }).toBe(true);
  });
});
