import { fact, type Cpu, type Fact } from './model.ts';
import { type Source, readText } from './source.ts';

/** What `/proc/cpuinfo` says of the first processor. */
export interface CpuInfo {
  readonly vendor: Cpu['vendor'];
  readonly model: string;
  readonly flags: ReadonlySet<string>;
}

/** Reads the first processor of `/proc/cpuinfo`. */
export function parseCpuInfo(text: string): CpuInfo {
  const first = text.split(/\n\s*\n/)[0] ?? '';
  const field = (name: string): string =>
    new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(first)?.[1]?.trim() ?? '';
  const vendor = field('vendor_id');
  const flags = `${field('flags')} ${field('vmx flags')}`.split(/\s+/).filter((flag) => flag !== '');
  return {
    vendor: vendor === 'GenuineIntel' ? 'intel' : vendor === 'AuthenticAMD' ? 'amd' : 'other',
    model: field('model name'),
    flags: new Set(flags),
  };
}

/** VT-x or AMD-V and EPT or NPT, on Linux without Xen under it. */
export async function probeBareCpu(
  source: Source,
  info: CpuInfo,
): Promise<Pick<Cpu, 'virtualisation' | 'slat'>> {
  const flag = info.flags.has('vmx') ? 'vmx' : info.flags.has('svm') ? 'svm' : undefined;
  const off = await firmwareLock(source, info);
  const virtualisation = off ?? (flag === undefined ? await flagMissing(source, info) : seen(flag));
  return { virtualisation, slat: slat(info, virtualisation) };
}

function seen(flag: string): Fact {
  return fact('yes', `/proc/cpuinfo has ${flag}`);
}

function slat(info: CpuInfo, virtualisation: Fact): Fact {
  const flag = ['ept', 'npt'].find((name) => info.flags.has(name));
  if (flag !== undefined) return seen(flag);
  if (virtualisation.state === 'yes') return fact('no', '/proc/cpuinfo lacks ept and npt');
  if (virtualisation.state === 'no') return fact('no', 'a part of hardware virtualisation');
  return fact('unknown', 'shown only while hardware virtualisation is on');
}

/** The kernel hides the flag when the firmware switched the feature off; CPUID itself still shows it. */
async function flagMissing(source: Source, info: CpuInfo): Promise<Fact> {
  const log = (await source.run(['dmesg'])) ?? '';
  const line = /(?:VMX[^\n]*disabled by BIOS|SVM disabled[^\n]*)/.exec(log);
  if (line !== null) return fact('off-in-firmware', `kernel log: ${line[0]}`);
  const capable = await cpuidCapable(source, info);
  if (capable === true) return fact('off-in-firmware', 'CPUID shows the feature, the kernel does not');
  const evidence = '/proc/cpuinfo has neither vmx nor svm';
  return fact('no', capable === undefined ? evidence : `${evidence}, nor does CPUID`);
}

/** CPUID 1:ECX[5] (VMX) or 8000_0001:ECX[2] (SVM) by the kernel's cpuid device: EAX EBX ECX EDX. */
async function cpuidCapable(source: Source, info: CpuInfo): Promise<boolean | undefined> {
  const [leaf, bit] = info.vendor === 'intel' ? [1, 5] : [0x8000_0001, 2];
  const registers = await source.readAt('/dev/cpu/0/cpuid', leaf, 16);
  if (registers?.length !== 16) return undefined;
  return ((littleEndian(registers, 8) >> bit) & 1) === 1;
}

const IA32_FEATURE_CONTROL = 0x3a;
const VM_CR = 0xc001_0114;

/** MSR 0x3A: bit 0 locked, bit 2 VMX outside SMX. MSR C001_0114: bit 4 SVMDIS. */
async function firmwareLock(source: Source, info: CpuInfo): Promise<Fact | undefined> {
  if (info.vendor === 'other') return undefined;
  const intel = info.vendor === 'intel';
  const register = await source.readAt('/dev/cpu/0/msr', intel ? IA32_FEATURE_CONTROL : VM_CR, 8);
  if (register?.length !== 8) return undefined;
  const value = littleEndian(register, 0);
  if (intel && (value & 0b101) === 0b001) {
    return fact('off-in-firmware', 'MSR 0x3A is locked with VMX off');
  }
  if (!intel && (value & 0b1_0000) !== 0) return fact('off-in-firmware', 'MSR VM_CR has SVMDIS set');
  return undefined;
}

function littleEndian(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}

/** The processor as both probes need it. */
export async function readCpuInfo(source: Source): Promise<CpuInfo> {
  return parseCpuInfo((await readText(source, '/proc/cpuinfo')) ?? '');
}
