#!/bin/sh
# index.sh licence|package: a table by licence or by package, and its lines in the common index.
# One writer at a time: a taken lock is "try again later" (exit 75), not a failure.
set -eu
exec 9> out/index.lock
flock -n 9 || { echo "the index is being written, later"; exit 75; }
sort -u "$WAVETRAIN_INPUT"/found-*.tsv > "out/all-$1.tsv"
case $1 in
  licence) awk -F '\t' '{ count[$2]++ } END { for (name in count) print count[name] "\t" name }' "out/all-$1.tsv" | sort -rn ;;
  package) awk -F '\t' '{ list[$1] = list[$1] (list[$1] ? ", " : "") $2 } END { for (name in list) print name "\t" list[name] }' "out/all-$1.tsv" | sort ;;
esac > "licences/by-$1.tsv"
touch licences/index.tsv
sed "s/^/by-$1\t/" "licences/by-$1.tsv" | sort -u -o licences/index.tsv licences/index.tsv -
# Others may be waiting for the lock; a real index takes a moment to settle on disk.
sync licences/index.tsv
sleep 0.2
