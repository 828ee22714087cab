import { probeBareCpu, readCpuInfo } from './cpu.ts';
import { probeDisks } from './disks.ts';
import { probeKeyboards } from './inputs.ts';
import { probeIommu } from './iommu.ts';
import { type Hardware } from './model.ts';
import { probePci } from './pci.ts';
import { isVirtual, probeBoard, probeFirmware, probeMemory, probeTpm } from './platform.ts';
import { type Source } from './source.ts';
import { isXenDom0, probeXen } from './xen.ts';

/** Looks at the machine through `source`; opens nothing for writing. `mediumMade`: when the ISO was built. */
export async function probe(source: Source, mediumMade: number | undefined): Promise<Hardware> {
  const xen = (await isXenDom0(source)) ? await probeXen(source) : undefined;
  const info = await readCpuInfo(source);
  const seen = xen ?? (await probeBareCpu(source, info));
  const board = await probeBoard(source);
  return {
    environment: xen === undefined ? 'bare' : 'xen',
    virtualMachine: isVirtual(board, info.flags, xen !== undefined),
    cpu: {
      vendor: info.vendor,
      model: info.model,
      virtualisation: seen.virtualisation,
      slat: seen.slat,
    },
    iommu: await probeIommu(source, xen),
    memoryBytes: xen === undefined ? await probeMemory(source) : xen.memoryBytes,
    firmware: await probeFirmware(source),
    tpm: await probeTpm(source),
    pci: await probePci(source),
    disks: await probeDisks(source),
    keyboards: await probeKeyboards(source),
    clock: { now: await source.now(), mediumMade },
    board,
  };
}
