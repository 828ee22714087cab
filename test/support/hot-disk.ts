import type { Disk } from '../../builder/run/machine.ts';
import { COMMAND, mustRun } from './installation.ts';
import type { Machine } from './qemu.ts';

/** `StartOptions.devices` of a machine whose disks come and go while it runs: the first is `/dev/sda`. */
export const HOT_PLUG = ['virtio-scsi-pci,id=scsi'];

export type HotDisk = Pick<Disk, 'path' | 'format'> & { readonly serial: string };

let plugged = 0;

/** Puts a disk into a running machine, and waits until the system in it has it. */
export async function plug(machine: Machine, { path, format, serial }: HotDisk) {
  const monitor = (command: string): Promise<string> => machine.monitor(command);
  const id = `hot${(plugged += 1)}`;
  const drive = `if=none,id=drive-${id},format=${format},cache=unsafe,discard=unmap,file=${path}`;
  await monitor(`drive_add 0 ${drive}`);
  silent(await monitor(`device_add scsi-hd,id=${id},bus=scsi.0,drive=drive-${id},serial=${serial}`));
  const there = `lsblk -dno SERIAL | grep -qx ${serial}`;
  await machine.console.run(`until ${there}; do sleep 0.2; done; udevadm settle`, COMMAND);
  return {
    /** From now on what the system writes goes to a new file: the old one stays as it is. */
    freeze: async (further: string) => {
      silent(await monitor(`snapshot_blkdev drive-${id} ${further} qcow2`), /^(Formatting [^]*)?$/);
    },
    /** Takes the disk out at once, as when the power fails: what was not written by then is lost. */
    cut: async () => {
      silent(await monitor(`device_del ${id}`));
      const gone = async (): Promise<boolean> => !(await monitor('info block')).includes(`drive-${id}`);
      while (!(await gone())) await new Promise((done) => setTimeout(done, 50));
    },
  };
}

/** Brings a large file out of a running machine over a raw disk; a console may lose some of it. */
export async function fetchFile(machine: Machine, path: string, disk: Omit<HotDisk, 'format'>) {
  const { cut } = await plug(machine, { ...disk, format: 'raw' });
  const device = `/dev/$(lsblk -dno NAME,SERIAL | sed -n 's/ *${disk.serial}$//p')`;
  await mustRun(machine.console, `dd if=${path} of=${device} bs=1M conv=fsync`);
  await cut();
}

function silent(output: string, expected = /^$/): void {
  if (!expected.test(output.trim())) throw new Error(output.trim());
}
