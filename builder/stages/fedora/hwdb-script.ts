import { digestOf } from '../../../core/digest.ts';
import type { ResultKeys } from '../kept-results.ts';
import type { RpmRef } from './rootfs.ts';

/** Raised when the script changes what it makes. */
const VERSION = 1;

/**
 * udev's hardware database: packages ask for it with `systemd-hwdb update`, which an environment variable makes do
 * nothing while they are installed, and it is made once, after the last of them. It depends on the files that it
 * is made of and on the program with its libraries; their hash is in the name of a kept result.
 */
export const HWDB_BYPASS = 'export SYSTEMD_HWDB_UPDATE_BYPASS=1';

/**
 * The record that former databases are kept under: one for the versions of a few packages, so that it does not grow
 * for ever. A package that is only signed anew finds its former database.
 */
export function hwdbKeys(packages: readonly RpmRef[]): ResultKeys {
  const own = packages
    .filter(({ name }) => /^(systemd|udev)/.test(name))
    .map(({ name, version, architecture }) => `${name}-${version}.${architecture}`);
  return { hwdb: digestOf({ kind: 'fedora-hwdb', version: VERSION, packages: own.sort() }) };
}

/** Makes the database in a tree whose packages bring parts of it, or takes over a former one. */
export function hwdbScript(): string {
  return `
unset SYSTEMD_HWDB_UPDATE_BYPASS
hwdb_key() {
  ( cd $root
    for directory in usr/lib/udev/hwdb.d etc/udev/hwdb.d; do
      [ ! -d $directory ] || find $directory -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
    done
    sha256sum usr/bin/systemd-hwdb
    inside sha256sum $(inside /lib64/ld-linux-x86-64.so.2 --list /usr/bin/systemd-hwdb | grep -o '/[^ ]*' | LC_ALL=C sort)
  ) | sha256sum | cut -d ' ' -f 1
}
if [ -e $root/usr/bin/systemd-hwdb ] && [ -d $root/usr/lib/udev/hwdb.d ]; then
  key=$(hwdb_key)
  if [ -e /in/kept/hwdb-$key.tar ]; then restore_kept hwdb-$key.tar
  else
    inside systemd-hwdb update >&2
    keep hwdb-$key.tar etc/udev/hwdb.bin
  fi
fi
`;
}
