#!/bin/sh
# Packages for which no licence was found: a person has to look.
set -eu
cut -f 1 "$WAVETRAIN_INPUT/packages.tsv" | sort -u > out/names.txt
cut -f 1 "$WAVETRAIN_INPUT"/found-*.tsv | sort -u > out/known.txt
comm -23 out/names.txt out/known.txt > licences/unclear.txt
echo "$(wc -l < licences/unclear.txt) packages to look at"
