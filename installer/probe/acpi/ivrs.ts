import { busAddress, parseTable, view, walkBlocks, type Block } from './table.ts';

/** An AMD IOMMU as the firmware describes it (AMD I/O Virtualization Technology 3.10, section 5.2). */
export interface IommuUnit {
  /** 0x10, 0x11 or 0x40: three descriptions of the same unit, each newer than the one before. */
  readonly type: number;
  readonly address: string;
  readonly registerBase: string;
  readonly segment: number;
  readonly entries: number;
  /** I/O APICs that the unit knows; without one, interrupts cannot be remapped. */
  readonly ioApics: number;
  readonly hpets: number;
}

export interface Ivrs {
  readonly units: readonly IommuUnit[];
  readonly memoryBlocks: number;
  readonly unknownTypes: readonly number[];
  readonly problems: readonly string[];
}

const FIRST_BLOCK = 48;
const BLOCK_HEADER = 4;
const UNIT_TYPES = [0x10, 0x11, 0x40];
const MEMORY_TYPES = [0x20, 0x21, 0x22];
const SPECIAL_DEVICE = 0x48;
const ACPI_DEVICE = 0xf0;

/** Reads an AMD I/O virtualisation reporting structure. Never throws: faults stand in `problems`. */
export function parseIvrs(data: Uint8Array): Ivrs {
  const table = parseTable(data);
  const problems = [...table.problems];
  if (table.signature !== 'IVRS') problems.push(`signature is "${table.signature}", not IVRS`);
  const list = walkBlocks(table.bytes, FIRST_BLOCK, BLOCK_HEADER, (block, offset) => ({
    type: block.getUint8(offset),
    length: block.getUint16(offset + 2, true),
  }));
  problems.push(...list.problems);
  const units = list.blocks
    .filter((block) => UNIT_TYPES.includes(block.type))
    .flatMap((block) => unit(block, problems));
  const known = [...UNIT_TYPES, ...MEMORY_TYPES];
  return {
    units,
    memoryBlocks: list.blocks.filter((block) => MEMORY_TYPES.includes(block.type)).length,
    unknownTypes: [...new Set(list.blocks.map((block) => block.type))].filter(
      (type) => !known.includes(type),
    ),
    problems,
  };
}

function unit(block: Block, problems: string[]): IommuUnit[] {
  const header = block.type === 0x10 ? 24 : 40;
  if (block.bytes.length < header) {
    problems.push(`structure of type ${block.type} at offset ${block.offset} is too short`);
    return [];
  }
  const data = view(block.bytes);
  const devices = deviceEntries(block, header, problems);
  const special = devices.filter((entry) => entry.type === SPECIAL_DEVICE).map((entry) => entry.bytes[7]);
  const id = data.getUint16(4, true);
  return [
    {
      type: block.type,
      address: busAddress(id >> 8, id & 0xff),
      registerBase: `0x${data.getBigUint64(8, true).toString(16)}`,
      segment: data.getUint16(16, true),
      entries: devices.length,
      ioApics: special.filter((variety) => variety === 1).length,
      hpets: special.filter((variety) => variety === 2).length,
    },
  ];
}

/** Entries say their length by their type's two highest bits, but for 0xf0, which carries text. */
function deviceEntries(block: Block, start: number, problems: string[]): readonly Block[] {
  const list = walkBlocks(block.bytes, start, 4, (data, offset) => {
    const type = data.getUint8(offset);
    if (type !== ACPI_DEVICE) return { type, length: 4 << (type >> 6) };
    const hasText = offset + 22 <= data.byteLength;
    return { type, length: hasText ? 22 + data.getUint8(offset + 21) : 22 };
  });
  problems.push(...list.problems.map((text) => `device entry: ${text}`));
  return list.blocks;
}
