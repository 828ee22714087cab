import type { PciDevice } from '../probe/model.ts';
import { type Check, type Finding } from './finding.ts';

const GIVEN: readonly PciDevice['role'][] = ['network', 'wireless', 'usb'];

/** Devices of one group can reach each other past the IOMMU, so they should go to one qube. */
export const iommuGroups: Check = {
  id: 'iommu-groups',
  run: (hardware) => {
    const groups = new Map<number, PciDevice[]>();
    for (const device of hardware.pci) {
      if (device.group === undefined || device.role === 'bridge') continue;
      groups.set(device.group, [...(groups.get(device.group) ?? []), device]);
    }
    return [...groups].flatMap(([group, devices]) => finding(group, devices));
  },
};

function finding(group: number, devices: readonly PciDevice[]): Finding[] {
  const given = devices.filter((device) => GIVEN.includes(device.role));
  const kinds = new Set(devices.map((device) => (GIVEN.includes(device.role) ? device.role : 'other')));
  if (given.length === 0 || kinds.size < 2) return [];
  return [
    {
      id: `iommu-groups:${group}`,
      level: 'warn',
      state: 'yes',
      title: `IOMMU group ${group} holds devices of different kinds`,
      evidence: devices.map((device) => `${device.address} (${device.role})`).join(', '),
      meaning: 'They can reach each other directly, so a qube that gets one could attack the others.',
      remedy: 'Move a plug-in card to another slot, or switch on "ACS" in the firmware setup.',
    },
  ];
}
