#!/bin/sh
# Packages with a strong copyleft licence and no permissive alternative in the same expression.
set -eu
awk -F '\t' '$2 ~ /(^|[^L])A?GPL/ { print }' "$WAVETRAIN_INPUT/by-package.tsv" > licences/copyleft.tsv
echo "$(wc -l < licences/copyleft.tsv) packages with a (A)GPL part"
