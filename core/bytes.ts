const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const TIB = 1024 * GIB;

/** A size for people: `1536` is `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`;
}

/** Bytes from `10GiB`, `512 MiB` or `4096`; undefined when it is none of these. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+)\s*(B|KiB|MiB|GiB|TiB)?$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = UNITS.findIndex((name) => name === (match[2] ?? 'B'));
  const bytes = Number(match[1]) * 1024 ** unit;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `value` rounded up to a multiple of `step` (both in the same unit). */
export function alignUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
