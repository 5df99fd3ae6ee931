#!/bin/sh
# The copyright file of every installed package that has one.
set -eu
dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\n' | sed -n 's/^ii \t//p' | sort -u |
  while read -r package; do
    file=/usr/share/doc/$package/copyright
    [ ! -r "$file" ] || printf '%s\t%s\n' "$package" "$file"
  done > "$WAVETRAIN_OUTPUT/copyrights.tsv"
echo "$(wc -l < "$WAVETRAIN_OUTPUT/copyrights.tsv") copyright files"
