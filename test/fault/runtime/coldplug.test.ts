import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../edge/runner.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const COLDPLUG = 'runtime/guest/lib/coldplug';
const INITRD = 'recipes/files/template/initramfs/scripts/init-top/udev';

/** Runs a script of a qube, with what stands in /sys/hypervisor/type or nothing there; the calls of udevadm, modprobe and sleep. */
async function calls(
  source: string,
  hypervisor: string | undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  await using folder = await temporaryDirectory();
  const place = (name: string): string => join(folder.path, name);
  const script = await readFile(source, 'utf8');
  await writeFile(place('script'), script.replaceAll('/sys/hypervisor', folder.path));
  if (hypervisor !== undefined) await writeFile(place('type'), hypervisor);
  await writeFile(place('calls'), '');
  for (const name of ['udevadm', 'modprobe', 'sleep']) {
    await writeFile(place(name), `#!/bin/sh\necho ${name} "$@" >> '${place('calls')}'\n`);
    await chmod(place(name), 0o755);
  }
  await run({ argv: ['sh', place('script')], env: { PATH: `${folder.path}:/usr/bin:/bin`, ...env } });
  return (await readFile(place('calls'), 'utf8')).split('\n').slice(0, -1);
}

describe('the devices that udev is told of at the start of a qube', () => {
  it('are those that mean something to it, disks and interfaces first', async () => {
    const [devices, ...rest] = await calls(COLDPLUG, 'xen\n');
    expect(devices).toMatch(
      /^udevadm trigger --type=devices --action=add --prioritized-subsystem=block,net --subsystem-nomatch=/,
    );
    expect(devices).toContain(' --subsystem-nomatch=tty ');
    for (const subsystem of ['block', 'net', 'pci', 'usb', 'input', 'sound', 'drm', 'xen', 'cpu', 'misc']) {
      expect(devices).not.toMatch(new RegExp(`nomatch=${subsystem}( |$)`));
    }
    expect(rest).toEqual(['udevadm trigger --action=add /sys/module/block /sys/class/tty/hvc0']);
  });

  it.each([undefined, '', 'vmware\n'])('are all where the hypervisor is %j, not Xen', async (hypervisor) => {
    expect(await calls(COLDPLUG, hypervisor)).toEqual([
      'udevadm trigger --type=all --action=add --prioritized-subsystem=module,block,tpmrm,net,tty,input',
    ]);
  });
});

describe('the initrd of a template', () => {
  it('loads the driver of the disks that it meets', async () => {
    expect(await calls(INITRD, 'xen\n')).toEqual(['modprobe xen-blkfront']);
    expect(await calls(INITRD, undefined)).toEqual(['modprobe -a virtio_pci virtio_blk']);
  });

  it('gives the root disk ten seconds, and leaves other ways to name it to init', async () => {
    expect(await calls(INITRD, 'xen\n', { ROOT: 'LABEL=root' })).toHaveLength(1);
    expect(await calls(INITRD, 'xen\n', { ROOT: '/dev/none-of-this-name' })).toEqual([
      'modprobe xen-blkfront',
      ...Array<string>(100).fill('sleep 0.1'),
    ]);
  });
});
