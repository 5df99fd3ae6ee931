#!/bin/sh
# The bill is of the format asked for and lists every installed package exactly once.
set -eu
bill=licences/bill-of-materials.cdx.json
jq -e --arg format "$1" '.bomFormat == $format' "$bill" > /dev/null
expected=$(wc -l < "$WAVETRAIN_INPUT/packages.tsv")
found=$(jq '.components | length' "$bill")
[ "$expected" = "$found" ] || { echo "expected $expected components, found $found"; exit 1; }
echo "$found components"
