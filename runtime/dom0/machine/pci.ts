import { PCI_ADDRESS } from '../model/schema.ts';
import type { Machine } from '../../../core/machine.ts';
import type { PciDevice } from '../model/devices.ts';

const SYSFS = '/sys/bus/pci/devices';

/** The PCI devices that the kernel of dom0 sees. */
export async function listPci({ files }: Pick<Machine, 'files'>): Promise<readonly PciDevice[]> {
  const addresses = (await files.list(SYSFS)).filter((name) => PCI_ADDRESS.test(name));
  return Promise.all(
    addresses.map(async (address) => {
      const text = async (name: string): Promise<string> =>
        ((await files.read(`${SYSFS}/${address}/${name}`)) ?? '').trim();
      const resets = await text('reset_method');
      return {
        address,
        class: (await text('class')).replace(/^0x/, ''),
        resets: resets === '' ? [] : resets.split(/\s+/),
        driver: await files.linkName(`${SYSFS}/${address}/driver`),
      };
    }),
  );
}
