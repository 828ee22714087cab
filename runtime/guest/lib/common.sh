# shellcheck shell=sh
# What every script of the guest shares. dom0 writes the facts before the guest runs; the guest only reads.
# Programs are started sparingly: many guests come up at once, and each does all of this.

FACTS=/run/qubeforge/facts

# Prints a fact as dom0 says it now, or nothing.
fact_now() {
    xenstore-read "qubeforge/$1" 2>/dev/null || true
}

# Prints several facts as dom0 says them now, a line each; nothing when one is missing.
facts_now() {
    keys=
    for key in "$@"; do keys="$keys qubeforge/$key"; done
    # shellcheck disable=SC2086 # a list of keys
    xenstore-read $keys 2>/dev/null || true
}

# Prints a fact as it stood when the guest started, or nothing.
fact() {
    if [ -r "$FACTS/$1" ]; then
        IFS= read -r value < "$FACTS/$1" || :
        printf '%s\n' "$value"
    fi
}

# Succeeds if the fact is 1.
holds() {
    [ "$(fact "$1")" = 1 ]
}
