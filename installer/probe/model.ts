/** What is known about one feature. `off-in-firmware`: the hardware has it, the firmware switched it off. */
export type State = 'yes' | 'no' | 'unknown' | 'off-in-firmware';

/** A state with the observation that it rests on. */
export interface Fact {
  readonly state: State;
  readonly evidence: string;
}

export interface Hardware {
  /** Under Xen the hypervisor hides CPU flags and tables from us, so the two are probed differently. */
  readonly environment: 'xen' | 'bare';
  /** True when the machine itself is a virtual one. */
  readonly virtualMachine: boolean;
  readonly cpu: Cpu;
  readonly iommu: Iommu;
  readonly memoryBytes: number | undefined;
  readonly firmware: Firmware;
  readonly tpm: '1.2' | '2' | 'none';
  readonly pci: readonly PciDevice[];
  readonly disks: readonly Disk[];
  readonly keyboards: readonly Keyboard[];
  readonly clock: Clock;
  readonly board: Board;
}

export interface Cpu {
  readonly vendor: 'intel' | 'amd' | 'other';
  readonly model: string;
  readonly virtualisation: Fact;
  /** Second-level address translation: EPT or NPT. */
  readonly slat: Fact;
}

export interface Iommu {
  readonly present: Fact;
  readonly interruptRemapping: Fact;
  /** Faults in the firmware's tables, for people. */
  readonly tableProblems: readonly string[];
}

export interface Firmware {
  readonly mode: 'uefi' | 'bios';
  readonly secureBoot: Fact;
  readonly vendor: string;
  readonly version: string;
}

export interface Board {
  readonly vendor: string;
  readonly product: string;
}

export interface PciDevice {
  /** `0000:00:1f.6` */
  readonly address: string;
  /** Six hexadecimal digits: class, subclass, programming interface. */
  readonly class: string;
  readonly vendor: string;
  readonly device: string;
  readonly role: PciRole;
  /** How the kernel can reset the function: `flr`, `pm`, `bus`, … Undefined: not readable. */
  readonly resetMethods: readonly string[] | undefined;
  /** IOMMU group; undefined when the kernel has none (always under Xen). */
  readonly group: number | undefined;
}

export type PciRole = 'network' | 'wireless' | 'usb' | 'thunderbolt' | 'bridge' | 'other';

export interface Disk {
  /** `/dev/nvme0n1` */
  readonly path: string;
  readonly model: string;
  readonly serial: string;
  readonly sizeBytes: number;
  readonly logicalSector: number;
  readonly transport: string;
  readonly rotational: boolean;
  readonly removable: boolean;
  readonly readOnly: boolean;
  /** PCI address of the USB controller that the disk hangs on, if it does. */
  readonly usbController: string | undefined;
  readonly table: string | undefined;
  /** File system or container on the whole disk. */
  readonly content: string | undefined;
  readonly partitions: readonly Partition[];
  /** Something on the disk is mounted, or open as LUKS, LVM or swap. */
  readonly inUse: boolean;
  /** Operating systems and containers that were recognised, for people. */
  readonly systems: readonly string[];
}

export interface Partition {
  readonly path: string;
  /** Offset on the disk in bytes; undefined when the kernel does not say. */
  readonly start: number | undefined;
  readonly sizeBytes: number;
  readonly type: string | undefined;
  readonly content: string | undefined;
  readonly label: string | undefined;
  /** The GPT's own name of the partition. */
  readonly uuid: string | undefined;
}

export interface Keyboard {
  readonly name: string;
  readonly bus: 'usb' | 'ps2' | 'bluetooth' | 'other';
  /** PCI address of the USB controller. */
  readonly usbController: string | undefined;
  /** A security token that types one-time passwords looks like a keyboard too. */
  readonly token: boolean;
}

export interface Clock {
  readonly now: number;
  /** When the medium was made, in milliseconds since 1970. */
  readonly mediumMade: number | undefined;
}

/** A fact in one call. */
export function fact(state: State, evidence: string): Fact {
  return { state, evidence };
}
