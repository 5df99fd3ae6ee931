#!/bin/sh
# Name, version and architecture of every installed package.
set -eu
dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n' |
  sed -n 's/^ii \t//p' | sort -u > "$WAVETRAIN_OUTPUT/packages.tsv"
