#!/bin/sh
# Writes test/golden/debian-versions.txt: pairs of versions and their order by dpkg. Run it where dpkg is
# (a toolbox shell, a Debian machine); the tests compare with the file and need no dpkg.
set -eu
cd "$(dirname "$0")/.."
npx tsx scripts/debian-version-pairs.ts | while read -r a b; do
  if dpkg --compare-versions "$a" lt "$b"; then
    echo "$a $b <"
  elif dpkg --compare-versions "$a" eq "$b"; then
    echo "$a $b ="
  else
    echo "$a $b >"
  fi
done >test/golden/debian-versions.txt
