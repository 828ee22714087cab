import { digestOf } from '../../core/digest.ts';

export interface Ext4Options {
  /** Bytes of the file system. */
  readonly size: number;
  readonly label: string;
  /** What UUID and hash seed are made of. */
  readonly identity: string;
}

/**
 * The command that makes an ext4 image of a tar, never mounted; times come from SOURCE_DATE_EPOCH (mke2fs of
 * e2fsprogs 1.47.1 and newer).
 */
export function ext4Command({ size, label, identity }: Ext4Options, tar: string, target: string): string {
  const extended = [
    `hash_seed=${derivedUuid('hash-seed', identity)}`,
    ...['root_owner=0:0', 'nodiscard', 'lazy_itable_init=0', 'lazy_journal_init=0'],
  ].join(',');
  return `mke2fs -q -t ext4 -L ${label} -U ${derivedUuid('filesystem', identity)} -E ${extended} \\
  -d ${tar} ${target} ${Math.floor(size / 1024)}k >&2`;
}

/** A UUID (RFC 9562 §5.8, version 8) made of what it identifies. */
export function derivedUuid(kind: string, source: string): string {
  const hex = digestOf({ kind, source });
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
