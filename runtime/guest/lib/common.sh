# shellcheck shell=sh
# What every script of the guest shares. dom0 writes the facts before the guest runs; the guest only reads.

FACTS=/run/qubeforge/facts

# Prints a fact as dom0 says it now, or nothing.
fact_now() {
    xenstore-read "qubeforge/$1" 2>/dev/null || true
}

# Prints a fact as it stood when the guest started, or nothing.
fact() {
    if [ -r "$FACTS/$1" ]; then cat "$FACTS/$1"; fi
}

# Succeeds if the fact is 1.
holds() {
    [ "$(fact "$1")" = 1 ]
}
