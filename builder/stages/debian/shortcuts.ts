/**
 * Maintainer scripts that spend most of their time on questions whose answer is known on a first installation.
 * While packages are configured, an edited copy stands in dpkg's database; then the original is put back.
 */

/** sed scripts by file name below /var/lib/dpkg/info. A line that a later version has otherwise stays as it is. */
const EDITS: Readonly<Record<string, string>> = {
  // Starts four processes for each of 150 certificates to look for its name in two lists, which are empty.
  'ca-certificates.config': String.raw`
s/if (echo "$\(CERTS_[A-Z]*\)" | grep -F -q -x "$crt")/if [ -n "$\1" ] \&\& (echo "$\1" | grep -F -q -x "$crt")/`,
};

const KEPT = '/run/qubeforge/scripts';

/** Puts the edited copies in place, in the tree at `$root`. */
export function takeShortcuts(): string {
  const edits = Object.entries(EDITS).map(([name, edit]) => `shortcut ${name} <<'END'${edit}\nEND`);
  return `
mkdir $root${KEPT}
shortcut() { # NAME <EDIT
  if [ ! -e $dpkg/info/$1 ]; then
    cat >/dev/null
    return
  fi
  mv $dpkg/info/$1 $root${KEPT}
  sed -f - $root${KEPT}/$1 >$dpkg/info/$1
  chmod 0755 $dpkg/info/$1
}
${edits.join('\n')}`;
}

/** Puts the originals back. */
export function leaveShortcuts(): string {
  return `for script in $root${KEPT}/*; do [ ! -e $script ] || mv $script $dpkg/info; done`;
}
