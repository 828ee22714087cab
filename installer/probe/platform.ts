import { fact, type Board, type Fact, type Firmware, type Hardware } from './model.ts';
import { type Source, readText } from './source.ts';

const DMI = '/sys/class/dmi/id';
const SECURE_BOOT = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

export async function probeFirmware(source: Source): Promise<Firmware> {
  const uefi = (await source.list('/sys/firmware/efi')) !== undefined;
  return {
    mode: uefi ? 'uefi' : 'bios',
    secureBoot: uefi ? await secureBoot(source) : fact('no', 'started by BIOS'),
    vendor: (await readText(source, `${DMI}/bios_vendor`)) ?? '',
    version: (await readText(source, `${DMI}/bios_version`)) ?? '',
  };
}

/** UEFI 2.10, section 3.3: four bytes of attributes, then one byte. */
async function secureBoot(source: Source): Promise<Fact> {
  const variable = await source.read(SECURE_BOOT);
  if (variable?.length !== 5) return fact('unknown', 'the SecureBoot variable cannot be read');
  return variable[4] === 1 ? fact('yes', 'SecureBoot is 1') : fact('no', 'SecureBoot is 0');
}

export async function probeBoard(source: Source): Promise<Board> {
  return {
    vendor: (await readText(source, `${DMI}/sys_vendor`)) ?? '',
    product: (await readText(source, `${DMI}/product_name`)) ?? '',
  };
}

export async function probeTpm(source: Source): Promise<Hardware['tpm']> {
  const version = await readText(source, '/sys/class/tpm/tpm0/tpm_version_major');
  if (version === '2') return '2';
  if (version !== undefined) return '1.2';
  return (await source.list('/sys/class/tpm/tpm0')) === undefined ? 'none' : '1.2';
}

/** Memory that Linux has, in bytes: a little less than what is installed. */
export async function probeMemory(source: Source): Promise<number | undefined> {
  const kib = /^MemTotal:\s*(\d+) kB$/m.exec((await readText(source, '/proc/meminfo')) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

const VIRTUAL = /qemu|kvm|vmware|virtualbox|bochs|virtual machine|firecracker|parallels/i;

/** True when a hypervisor below us announces itself: in the CPU flags, or in the board's names. */
export function isVirtual(board: Board, flags: ReadonlySet<string>, xen: boolean): boolean {
  return VIRTUAL.test(`${board.vendor} ${board.product}`) || (!xen && flags.has('hypervisor'));
}
