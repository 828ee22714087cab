import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../../core/bytes.ts';
import { AppError } from '../../../core/errors.ts';
import { lvmStorage, parseReport } from '../../../runtime/dom0/machine/lvm.ts';
import { parseDomains } from '../../../runtime/dom0/machine/xen.ts';
import { listPci } from '../../../runtime/dom0/machine/pci.ts';
import { addressOf, freeNumber } from '../../../runtime/dom0/model/addresses.ts';
import { isAddressRange } from '../../../runtime/dom0/model/address-range.ts';
import { parseGuestWord, printable } from '../../../runtime/dom0/model/guest-word.ts';
import { parseVolumeName, volumeName } from '../../../runtime/dom0/model/volumes.ts';
import type { Files } from '../../../core/machine.ts';

describe('what the tools print', () => {
  it('reads the domains of xl list without dom0 and without those that are dying', () => {
    const text = [
      'Name                                        ID   Mem VCPUs\tState\tTime(s)',
      'Domain-0                                     0  1024     1     r-----     252.9',
      'sys-net                                      3   400     1     -b----      20.1',
      '(null)                                       4     0     1     --p--d       3.3',
      'personal                                    12   800     2     r-----       0.0',
    ].join('\n');
    expect(parseDomains(text)).toEqual([
      { name: 'sys-net', id: 3, memory: 400 * MIB, seconds: 20.1 },
      { name: 'personal', id: 12, memory: 800 * MIB, seconds: 0 },
    ]);
  });

  it('sees only its own volumes of its own pool', async () => {
    const lv = [
      { lv_name: 'qube.app.private', lv_size: String(GIB), pool_lv: 'pool' },
      { lv_name: 'qube.tpl.root.rev3', lv_size: String(GIB), pool_lv: 'pool' },
      { lv_name: 'qube.tpl.root', lv_size: String(GIB), pool_lv: 'other' },
      { lv_name: 'pool', lv_size: String(GIB), data_percent: '81.5', metadata_percent: '2.25' },
      { lv_name: 'root', lv_size: String(GIB), pool_lv: '' },
      { lv_name: 'qube.app.else', lv_size: String(GIB), pool_lv: 'pool' },
    ];
    const stdout = JSON.stringify({ report: [{ lv }] });
    const storage = lvmStorage(
      {
        run: () => Promise.resolve({ exitCode: 0, stdout, stderr: '' }),
        files: { list: () => Promise.resolve([]) },
      },
      'vg',
      'pool',
    );
    const { volumes, pool } = await storage.look();
    expect(volumes.map(volumeName)).toEqual(['app.private', 'tpl.root.rev3']);
    expect(pool).toEqual({ data: 81.5, metadata: 2.25 });
  });

  it('activates only the volumes that are not active yet', async () => {
    const commands: string[] = [];
    const storage = lvmStorage(
      {
        run: ({ argv }) => {
          commands.push(argv.join(' '));
          return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
        },
        files: { list: () => Promise.resolve(['root', 'qube.app.root.run']) },
      },
      'vg',
      'pool',
    );
    const root = { qube: 'app', role: 'root', form: 'run' } as const;
    const data = { qube: 'app', role: 'private', form: 'base' } as const;
    expect(await storage.open([root, data])).toEqual([
      '/dev/vg/qube.app.root.run',
      '/dev/vg/qube.app.private',
    ]);
    expect(await storage.open([root])).toEqual(['/dev/vg/qube.app.root.run']);
    expect(commands).toEqual(['lvchange -q -ay -K vg/qube.app.private']);
  });

  it.each(['', '{}', '{"report":[]}', 'not json'])('refuses %j for a report of lvs', (text) => {
    expect(() => parseReport(text)).toThrow(AppError);
  });

  it('reads PCI devices with their ways to be reset', async () => {
    const sysfs = new Map([
      ['/sys/bus/pci/devices/0000:00:05.0/class', '0x020000\n'],
      ['/sys/bus/pci/devices/0000:00:05.0/reset_method', 'flr bus\n'],
      ['/sys/bus/pci/devices/0000:00:14.0/class', '0x0c0330\n'],
    ]);
    const files: Pick<Files, 'list' | 'read' | 'linkName'> = {
      list: () => Promise.resolve(['0000:00:05.0', '0000:00:14.0', 'not-a-device']),
      read: (path) => Promise.resolve(sysfs.get(path)),
      linkName: (path) => Promise.resolve(path.includes('05.0') ? 'e1000e' : undefined),
    };
    expect(await listPci({ files: files as Files })).toEqual([
      { address: '0000:00:05.0', class: '020000', resets: ['flr', 'bus'], driver: 'e1000e' },
      { address: '0000:00:14.0', class: '0c0330', resets: [], driver: undefined },
    ]);
  });
});

describe('addresses', () => {
  it('gives each number an address of its own, disposables in a network of their own', () => {
    expect(addressOf(1, false)).toEqual({ ip: '10.137.0.1', mac: '00:16:3e:89:00:01' });
    expect(addressOf(254, false).ip).toBe('10.137.0.254');
    expect(addressOf(255, true)).toEqual({ ip: '10.138.1.1', mac: '00:16:3e:8a:01:01' });
    expect(() => addressOf(0, false)).toThrow(RangeError);
    expect(() => addressOf(254 * 254 + 1, false)).toThrow(RangeError);
  });

  it('takes the lowest number that is free in the same network', () => {
    expect(freeNumber('c', { a: 1, b: 3, 'disp-1': 2 })).toBe(2);
    expect(freeNumber('disp-9', { a: 1, b: 3, 'disp-1': 2 })).toBe(1);
  });

  it.each([
    ['10.0.0.0/8', true],
    ['192.0.2.1', true],
    ['0.0.0.0/0', true],
    ['10.0.0.1/8', false],
    ['10.0.0.256', false],
    ['10.0.0.0/33', false],
    ['example.org', false],
    ['10.0.0.0/8; drop', false],
  ])('%s is an address range: %s', (text, expected) => {
    expect(isAddressRange(text)).toBe(expected);
  });
});

describe('names of volumes', () => {
  it.each(['app.private', 'app.root.run', 'debian-13.root', 'debian-13.root.rev12', 'disp-1.volatile.run'])(
    '%s is read back as it was written',
    (name) => {
      expect(volumeName(parseVolumeName(name)!)).toBe(name);
    },
  );

  it.each(['app', 'app.other', 'app.root.rev0', 'App.root', 'a_b.root', '.root', 'app.root.run.run'])(
    '%s is none of ours',
    (name) => {
      expect(parseVolumeName(name)).toBeUndefined();
    },
  );
});

describe('what guests say', () => {
  it('is a short plain word or nothing', () => {
    expect(parseGuestWord('1\n')).toBe('1');
    for (const raw of ['', '\u001b[2J', 'a b', 'x'.repeat(65), '1\n\n', '\u0000', '$(reboot)']) {
      expect(parseGuestWord(raw)).toBeUndefined();
    }
  });

  it('reaches the terminal without anything that commands it', () => {
    expect(printable('a\u001b[2J\u009b31m\u0007b\r\n\tü')).toBe('a\u241b[2J\u00b731m\u2407b\r\n\tü');
  });
});
