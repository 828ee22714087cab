import type { Disk } from '../../builder/run/machine.ts';
import { COMMAND } from './installation.ts';
import type { Machine } from './qemu.ts';

/** `StartOptions.devices` of a machine whose disk comes and goes while it runs: `/dev/sda`. */
export const HOT_PLUG = ['virtio-scsi-pci,id=scsi'];

const DEVICE = 'hot';
let plugged = 0;

/** Puts a disk into a running machine, and waits until the system in it has it. */
export async function plug(machine: Machine, disk: Required<Pick<Disk, 'path' | 'serial'>>) {
  const monitor = (command: string): Promise<string> => machine.monitor(command);
  const drive = `drive${(plugged += 1)}`;
  await monitor(`drive_add 0 if=none,id=${drive},format=qcow2,cache=unsafe,discard=unmap,file=${disk.path}`);
  silent(await monitor(`device_add scsi-hd,id=${DEVICE},bus=scsi.0,drive=${drive},serial=${disk.serial}`));
  await machine.console.run('until [ -b /dev/sda ]; do sleep 0.2; done; udevadm settle', COMMAND);
  return {
    /** From now on what the system writes goes to a new file at `path`: the old one stays as it is. */
    freeze: async (path: string) => {
      silent(await monitor(`snapshot_blkdev ${drive} ${path} qcow2`), /^(Formatting [^]*)?$/);
    },
    /** Takes the disk out at once, as when the power fails: what was not written by then is lost. */
    cut: async () => {
      silent(await monitor(`device_del ${DEVICE}`));
      while ((await monitor('info block')).includes(drive)) await new Promise((done) => setTimeout(done, 50));
    },
  };
}

function silent(output: string, expected = /^$/): void {
  if (!expected.test(output.trim())) throw new Error(output.trim());
}
