/**
 * Makefile that builds the hypervisor with what the packaging itself says: its rules are included, so versions,
 * dates, flags and configuration are read from there and never copied.
 */
export const HYPERVISOR_MAKEFILE = `include debian/rules
qubeforge-hypervisor:
	cp debian/xen-kconfig xen/.config
	$(MAKE) -C xen olddefconfig $(make_args_xen)
	$(MAKE) -C xen build $(make_args_xen)
`;

/**
 * Unpacks a Debian source package of format 3.0 (quilt) (dpkg-source(1)) as dpkg-source does, less what the
 * hypervisor does not need, and compiles the hypervisor to /out/xen.gz and /out/xen.efi. The packaging takes
 * SOURCE_DATE_EPOCH from its changelog, so that of the build must not be in the way.
 */
export function buildScript(): string {
  return `
mkdir /build/xen
tar -C /build/xen -x -f /in/source/orig.tar --strip-components=1
tar -C /build/xen -x -f /in/source/debian.tar
cd /build/xen
sed -e 's/[ \\t]*#.*//' -e '/^$/d' debian/patches/series | while read -r patch _; do
  patch -s -p1 -i "debian/patches/$patch" >&2
done
unset SOURCE_DATE_EPOCH
export DEB_BUILD_OPTIONS=parallel=$(nproc)
make -f /job/hypervisor.mk qubeforge-hypervisor >&2
cp xen/xen.gz xen/xen.efi /out/
`;
}

/**
 * Unpacks what upstream released and compiles the hypervisor, with upstream's own configuration, to /out/xen.gz and
 * /out/xen.efi. Names and dates that would be compiled in are fixed; the date is SOURCE_DATE_EPOCH.
 */
export function upstreamBuildScript(): string {
  return `
mkdir /build/xen
tar -C /build/xen -x -f /in/source/source.tar --strip-components=1
cd /build/xen
export XEN_WHOAMI=qubeforge XEN_DOMAIN=localdomain XEN_BUILD_HOST=localhost
make -C xen olddefconfig >&2
make -C xen -j"$(nproc)" build >&2
cp xen/xen.gz xen/xen.efi /out/
`;
}

/**
 * Takes the hypervisor out of the binary package's data archive to /build/binary, and prints for each of the two
 * files \`same\`, or the first difference as cmp(1) gives it.
 */
export function compareScript(): string {
  return `
mkdir /build/binary
tar -C /build/binary -x -f /in/binary/data --wildcards './boot/xen-*'
cd /build/binary/boot
for kind in gz efi; do
  set -- xen-*.$kind
  if [ $# -ne 1 ] || [ ! -f "$1" ]; then echo "$kind the binary package has no single $kind file"; continue; fi
  if difference=$(cmp "$1" /in/built/xen.$kind); then echo "$kind same"; else echo "$kind $difference"; fi
done
`;
}

/** Copies the hypervisor of the binary package to /out. */
export function takeBinaryScript(): string {
  return `
mkdir /build/binary
tar -C /build/binary -x -f /in/binary/data --wildcards './boot/xen-*'
cp /build/binary/boot/xen-*.gz /out/xen.gz
cp /build/binary/boot/xen-*.efi /out/xen.efi
`;
}
