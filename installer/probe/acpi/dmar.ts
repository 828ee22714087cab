import { ascii, hex, parseTable, view, walkBlocks, type Block } from './table.ts';

/** A DMA remapping unit (VT-d specification 4.1, section 8.3). */
export interface RemappingUnit {
  readonly segment: number;
  readonly registerBase: string;
  /** True: it covers all devices of the segment that no other unit names. */
  readonly coversRest: boolean;
  readonly scopes: readonly DeviceScope[];
}

export interface DeviceScope {
  readonly type: number;
  readonly startBus: number;
  /** `device.function` from the start bus down to the device. */
  readonly path: readonly string[];
}

export interface Dmar {
  readonly hostAddressBits: number;
  readonly interruptRemapping: boolean;
  readonly x2apicOptOut: boolean;
  /** The firmware asks for DMA protection from the start. */
  readonly protectionOptIn: boolean;
  readonly units: readonly RemappingUnit[];
  /** Memory that devices keep using (RMRR); such devices cannot be given away safely. */
  readonly reservedRegions: readonly { readonly base: string; readonly limit: string }[];
  readonly namespaceDevices: readonly string[];
  readonly unknownTypes: readonly number[];
  readonly problems: readonly string[];
}

const FIRST_BLOCK = 48;
const BLOCK_HEADER = 4;
const KNOWN_TYPES = 7;

/** Xen renames the table so that dom0 leaves the unit alone: `RMAD` is `DMAR` under Xen. */
export const DMAR_SIGNATURES = ['DMAR', 'RMAD'];

/** Reads an Intel DMA remapping table from its bytes. Never throws: faults stand in `problems`. */
export function parseDmar(data: Uint8Array): Dmar {
  const table = parseTable(data);
  const problems = [...table.problems];
  if (!DMAR_SIGNATURES.includes(table.signature)) {
    problems.push(`signature is "${table.signature}", not DMAR`);
  }
  const flags = table.bytes[37] ?? 0;
  const list = walkBlocks(table.bytes, FIRST_BLOCK, BLOCK_HEADER, (block, offset) => ({
    type: block.getUint16(offset, true),
    length: block.getUint16(offset + 2, true),
  }));
  problems.push(...list.problems);
  const of = (type: number, least: number): Block[] =>
    list.blocks.filter((block) => {
      if (block.type !== type) return false;
      if (block.bytes.length >= least) return true;
      problems.push(`structure of type ${type} at offset ${block.offset} is too short`);
      return false;
    });
  return {
    hostAddressBits: (table.bytes[36] ?? -1) + 1,
    interruptRemapping: (flags & 1) !== 0,
    x2apicOptOut: (flags & 2) !== 0,
    protectionOptIn: (flags & 4) !== 0,
    units: of(0, 16).map((block) => unit(block, problems)),
    reservedRegions: of(1, 24).map((block) => region(block, problems)),
    namespaceDevices: of(4, 8).map((block) => ascii(block.bytes, 8, block.bytes.length - 8)),
    unknownTypes: [...new Set(list.blocks.map((block) => block.type))].filter((type) => type >= KNOWN_TYPES),
    problems,
  };
}

function unit(block: Block, problems: string[]): RemappingUnit {
  const data = view(block.bytes);
  const registers = data.getBigUint64(8, true);
  if (registers === 0n) problems.push(`remapping unit at offset ${block.offset} has no register address`);
  return {
    segment: data.getUint16(6, true),
    registerBase: `0x${registers.toString(16)}`,
    coversRest: (data.getUint8(4) & 1) !== 0,
    scopes: scopes(block, 16, problems),
  };
}

function region(block: Block, problems: string[]): { readonly base: string; readonly limit: string } {
  const data = view(block.bytes);
  const base = data.getBigUint64(8, true);
  const limit = data.getBigUint64(16, true);
  if (limit < base) problems.push(`reserved region at offset ${block.offset} ends before it begins`);
  return { base: `0x${base.toString(16)}`, limit: `0x${limit.toString(16)}` };
}

function scopes(block: Block, start: number, problems: string[]): DeviceScope[] {
  const list = walkBlocks(block.bytes, start, 6, (data, offset) => ({
    type: data.getUint8(offset),
    length: data.getUint8(offset + 1),
  }));
  problems.push(...list.problems.map((text) => `device scope: ${text}`));
  return list.blocks.map((scope) => ({
    type: scope.type,
    startBus: scope.bytes[5] ?? 0,
    path: Array.from({ length: (scope.bytes.length - 6) >> 1 }, (_, index) => {
      const device = scope.bytes[6 + 2 * index] ?? 0;
      return `${hex(device, 2)}.${scope.bytes[7 + 2 * index] ?? 0}`;
    }),
  }));
}
