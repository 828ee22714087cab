/** A way in which our trees differ from mmdebstrap's of the same packages, on purpose. */
export interface Normalisation {
  /** Paths concerned, as a regular expression over paths without leading slash. */
  readonly paths: RegExp;
  readonly reason: string;
}

/** Everything that a comparison with mmdebstrap may show; anything else is a defect. */
export const NORMALISATIONS: readonly Normalisation[] = [
  {
    paths: /^usr\/lib\/NetworkManager$/,
    reason:
      'network-manager and our guest parts both ship the directory; it has the time of the one that is unpacked first',
  },
  { paths: /^dev(\/.+)?$/, reason: 'device nodes come from devtmpfs, and a user could not unpack them' },
  {
    paths: /^etc\/(hostname|resolv\.conf)$/,
    reason: 'mmdebstrap copies those of the host; ours come from the recipe or from the running system',
  },
  { paths: /^etc\/fstab$/, reason: 'mmdebstrap writes a placeholder; ours comes from the recipe' },
  {
    paths: /^etc\/apt\/sources\.list(\.d\/.*)?$/,
    reason: 'mmdebstrap names the mirror of the build; ours names the public one',
  },
  {
    paths: /^var\/(lib\/apt\/lists|cache\/apt(\/archives)?)(\/lock|\/partial)?$/,
    reason: 'locks and work directories of the apt that mmdebstrap ran; apt makes them when it first runs',
  },
  {
    paths: /^var\/lib\/dpkg\/(status|diversions)-old$/,
    reason: "dpkg's backups: mmdebstrap runs dpkg in more steps, so the last step but one is another",
  },
  {
    paths: /^usr\/bin\/firefox\.real$/,
    reason: 'mmdebstrap unpacks before preinst scripts run, so what firefox-esr diverts leaves a second copy',
  },
  {
    paths: /^etc\/default\/(keyboard|console-setup)$/,
    reason:
      'one second older than what setupcon made of them: of the same age, every start would make it again',
  },
];

/** The normalisation that explains a difference at `path`, if one does. */
export function explained(path: string): Normalisation | undefined {
  return NORMALISATIONS.find(({ paths }) => paths.test(path));
}

/** Removes what depends on when and how often a tree was made (field by field as mmdebstrap does). */
export function normaliseScript(): string {
  return `
rm -rf $root/run/qubeforge
umount -l $root/proc $root/dev
find $root/run -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
find $root/tmp $root/var/tmp -mindepth 1 -delete
rm -f $root/var/log/dpkg.log $root/var/log/alternatives.log $root/var/log/bootstrap.log
rm -f $root/var/cache/ldconfig/aux-cache $root/var/lib/systemd/random-seed $root/var/lib/dbus/machine-id
# systemd makes a new identity at the first start of each copy (machine-id(5)).
if [ -e $root/etc/machine-id ]; then
  rm $root/etc/machine-id
  : >$root/etc/machine-id
fi
for file in keyboard console-setup; do
  [ ! -e $root/etc/default/$file ] || touch -d @$((SOURCE_DATE_EPOCH - 1)) $root/etc/default/$file
done
`;
}
