import { parseDmar } from './acpi/dmar.ts';
import { parseIvrs } from './acpi/ivrs.ts';
import { fact, type Fact, type Iommu } from './model.ts';
import { type Source } from './source.ts';
import { type XenView } from './xen.ts';

const TABLES = '/sys/firmware/acpi/tables';

/** What the firmware's tables promise, before anybody uses it. */
interface TableView {
  readonly name: 'DMAR' | 'IVRS' | undefined;
  readonly units: number;
  readonly remapping: Fact;
  readonly problems: readonly string[];
}

/** The IOMMU by the firmware's tables, and by the hypervisor where there is one. */
export async function probeIommu(source: Source, xen: XenView | undefined): Promise<Iommu> {
  const table = await readTables(source);
  if (xen !== undefined) {
    const present = xen.iommu.state === 'no' ? withTable(xen.iommu, table) : xen.iommu;
    return { present, interruptRemapping: xen.interruptRemapping, tableProblems: table.problems };
  }
  const active = ((await source.list('/sys/class/iommu')) ?? []).length;
  return {
    present: bareIommu(table, active, (await source.list(TABLES)) !== undefined),
    interruptRemapping: table.units > 0 ? table.remapping : fact('no', 'there is no IOMMU'),
    tableProblems: table.problems,
  };
}

function withTable(seen: Fact, table: TableView): Fact {
  if (table.name === undefined) return fact('no', `${seen.evidence}; the firmware has no DMAR or IVRS table`);
  return fact('no', `${seen.evidence}, although the firmware's ${table.name} lists ${table.units} units`);
}

function bareIommu(table: TableView, active: number, readable: boolean): Fact {
  if (active > 0) return fact('yes', `/sys/class/iommu has ${active} units`);
  if (table.units > 0) return fact('yes', `the firmware's ${table.name ?? ''} lists ${table.units} units`);
  if (table.name !== undefined) return fact('no', `the firmware's ${table.name} lists no unit`);
  return readable
    ? fact('no', 'the firmware has no DMAR or IVRS table')
    : fact('unknown', `${TABLES} may not be read`);
}

/** `DMAR`, or `RMAD` as Xen renames it, or `IVRS`. */
async function readTables(source: Source): Promise<TableView> {
  const intel = (await source.read(`${TABLES}/DMAR`)) ?? (await source.read(`${TABLES}/RMAD`));
  if (intel !== undefined) {
    const dmar = parseDmar(intel);
    const remapping = fact(
      dmar.interruptRemapping ? 'yes' : 'no',
      `DMAR flags ${dmar.interruptRemapping ? 'have' : 'lack'} INTR_REMAP`,
    );
    return { name: 'DMAR', units: dmar.units.length, remapping, problems: named('DMAR', dmar.problems) };
  }
  const amd = await source.read(`${TABLES}/IVRS`);
  if (amd === undefined) {
    return { name: undefined, units: 0, remapping: fact('no', 'no table'), problems: [] };
  }
  const ivrs = parseIvrs(amd);
  const apics = ivrs.units.reduce((sum, unit) => sum + unit.ioApics, 0);
  const remapping =
    apics > 0
      ? fact('yes', 'IVRS names an I/O APIC')
      : fact('unknown', 'IVRS names no I/O APIC; kernels then leave interrupt remapping off');
  const units = new Set(ivrs.units.map((unit) => unit.address)).size;
  return { name: 'IVRS', units, remapping, problems: named('IVRS', ivrs.problems) };
}

function named(table: string, problems: readonly string[]): string[] {
  return problems.map((problem) => `${table}: ${problem}`);
}
