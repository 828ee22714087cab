import { stringify } from 'yaml';
import type { Hardware } from '../probe/model.ts';
import type { Arguments } from './args.ts';
import { look, sourceOf } from './check.ts';
import type { Seen } from '../checks/seen.ts';
import type { Ports } from '../ports.ts';

/** `report`: what can be shared about a machine. Prints YAML. */
export async function report(args: Arguments, ports: Ports): Promise<number> {
  const seen = await look(await sourceOf(args, ports), args.medium ?? ports.medium);
  ports.out(compatibilityReport(seen));
  return 0;
}

/**
 * A machine without what tells it from its twins: no serial numbers, no labels, no disk paths. Every
 * member is named here, so a new member of the model does not slip in.
 */
export function compatibilityReport({ hardware, findings }: Seen): string {
  const { cpu, iommu, firmware } = hardware;
  return stringify(
    {
      format: 'qubeforge-report/1',
      board: { vendor: hardware.board.vendor, product: hardware.board.product },
      firmware: {
        vendor: firmware.vendor,
        version: firmware.version,
        mode: firmware.mode,
        'secure-boot': firmware.secureBoot.state,
      },
      seen: hardware.environment === 'xen' ? 'through Xen' : 'by Linux alone',
      'virtual-machine': hardware.virtualMachine,
      cpu: { model: cpu.model, virtualisation: cpu.virtualisation.state, slat: cpu.slat.state },
      iommu: {
        present: iommu.present.state,
        'interrupt-remapping': iommu.interruptRemapping.state,
        'table-problems': iommu.tableProblems,
      },
      'memory-gib': hardware.memoryBytes === undefined ? null : Math.round(hardware.memoryBytes / 2 ** 30),
      tpm: hardware.tpm,
      devices: hardware.pci.filter((device) => device.role !== 'bridge').map(deviceLine),
      disks: hardware.disks.map((disk) => ({
        model: disk.model,
        'size-gib': Math.round(disk.sizeBytes / 2 ** 30),
        transport: disk.transport,
        'sector-bytes': disk.logicalSector,
      })),
      keyboards: hardware.keyboards.map((keyboard) => keyboard.bus),
      findings: findings
        .filter((finding) => finding.level !== 'ok')
        .map((finding) => ({ id: finding.id, level: finding.level, state: finding.state })),
    },
    { compat: 'yaml-1.1' },
  );
}

function deviceLine(device: Hardware['pci'][number]): string {
  const reset = device.resetMethods === undefined ? '' : ` reset=${device.resetMethods.join('+') || 'none'}`;
  const group = device.group === undefined ? '' : ` group=${device.group}`;
  return `${device.address} ${device.class} ${device.vendor}:${device.device}${reset}${group}`;
}
