#!/bin/sh
# scan.sh SHARD OF: package and licence, one pair a line, for every OF-th copyright file.
# Machine-readable files say "License: NAME"; from others we take the common licences they point to.
set -eu
mkdir -p out
awk -v shard="$1" -v of="$2" 'NR % of == shard % of' "$WAVETRAIN_INPUT/copyrights.tsv" |
  while IFS='	' read -r package file; do
    awk -v package="$package" '
      /^License:[ \t]*[^ \t]/ { sub(/^License:[ \t]*/, ""); sub(/[ \t,]+$/, ""); declared[$0] = 1; named = 1 }
      { while (match($0, /\/usr\/share\/common-licenses\/[A-Za-z0-9.+-]*[A-Za-z0-9+]/)) {
          referred[substr($0, RSTART + 27, RLENGTH - 27)] = 1; $0 = substr($0, RSTART + RLENGTH) } }
      END { if (named) for (name in declared) print package "\t" name
            else for (name in referred) print package "\t" name }' "$file"
  done | sort -u > "out/found-$1.tsv"
echo "$(wc -l < "out/found-$1.tsv") findings in shard $1 of $2"
