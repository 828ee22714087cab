import { fact, type Fact } from './model.ts';
import { type Source, readText } from './source.ts';

/** What the hypervisor says about the machine: the only truth about the CPU and the IOMMU in dom0. */
export interface XenView {
  readonly virtualisation: Fact;
  readonly slat: Fact;
  readonly iommu: Fact;
  readonly interruptRemapping: Fact;
  readonly memoryBytes: number | undefined;
}

/** True in the administrative domain of a running Xen. */
export async function isXenDom0(source: Source): Promise<boolean> {
  const capabilities = await readText(source, '/proc/xen/capabilities');
  if (capabilities?.includes('control_d') === true) return true;
  return (
    (await readText(source, '/sys/hypervisor/type')) === 'xen' &&
    (await source.list('/proc/xen')) !== undefined
  );
}

/** Asks `xl info` and `xl dmesg`. */
export async function probeXen(source: Source): Promise<XenView> {
  const info = parseInfo((await source.run(['xl', 'info'])) ?? '');
  const log = (await source.run(['xl', 'dmesg'])) ?? '';
  const caps = info.get('virt_caps')?.split(/\s+/);
  const megabytes = Number(info.get('total_memory'));
  return {
    virtualisation: virtualisation(caps, log),
    slat: slat(caps, log),
    iommu: iommu(caps, log),
    interruptRemapping: interruptRemapping(log),
    memoryBytes: Number.isFinite(megabytes) ? megabytes * 1024 * 1024 : undefined,
  };
}

/** `key : value` lines. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
  });
  return new Map(pairs);
}

const NO_INFO = fact('unknown', '`xl info` gave no virt_caps');

function virtualisation(caps: readonly string[] | undefined, log: string): Fact {
  if (caps === undefined) return NO_INFO;
  if (caps.includes('hvm')) return fact('yes', 'xl info: virt_caps has hvm');
  const off = /VMX disabled by BIOS|AMD SVM Extension is disabled in BIOS/i.exec(log);
  if (off !== null) return fact('off-in-firmware', `xl dmesg: ${off[0]}`);
  return complete(log) ? fact('no', 'xl info: virt_caps lacks hvm') : noHvmAndNoLog();
}

function noHvmAndNoLog(): Fact {
  return fact('no', 'xl info: virt_caps lacks hvm; the start of the Xen log, which says why, is gone');
}

function slat(caps: readonly string[] | undefined, log: string): Fact {
  if (caps === undefined) return NO_INFO;
  if (caps.includes('hap')) return fact('yes', 'xl info: virt_caps has hap');
  const line = /Hardware Assisted Paging \(HAP\)[^\n]*/.exec(log);
  return fact('no', line === null ? 'xl info: virt_caps lacks hap' : `xl dmesg: ${line[0]}`);
}

function iommu(caps: readonly string[] | undefined, log: string): Fact {
  if (caps === undefined) return NO_INFO;
  const has = caps.find((cap) => cap === 'hvm_directio' || cap === 'pv_directio');
  if (has !== undefined) return fact('yes', `xl info: virt_caps has ${has}`);
  const line = /I\/O virtualisation (?:disabled|enabled)[^\n]*/.exec(log);
  return fact('no', `xl info: virt_caps lacks hvm_directio${line === null ? '' : `; xl dmesg: ${line[0]}`}`);
}

/** No capability tells it, only the log. Its ring buffer wraps: then nothing found means nothing known. */
function interruptRemapping(log: string): Fact {
  const line = /^.*Interrupt Remapping[^\n]*/im
    .exec(log)?.[0]
    .replace(/^\(XEN\)\s*(\[[^\]]*\]\s*)?/, '')
    .trim();
  if (line !== undefined) {
    const on = /enabled/i.test(line) && !/not enabled|disabled/i.test(line);
    return fact(on ? 'yes' : 'no', `xl dmesg: ${line}`);
  }
  return complete(log)
    ? fact('no', 'xl dmesg says nothing of interrupt remapping')
    : fact('unknown', 'the start of the Xen log is gone (buffer full) or may not be read');
}

function complete(log: string): boolean {
  return log.includes('Xen version');
}
