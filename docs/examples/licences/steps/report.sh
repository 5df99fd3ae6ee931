#!/bin/sh
set -eu
{
  echo "# Licences of this machine"
  echo
  jq -r '"\(.with_licence) of \(.packages) installed packages name a licence; there are \(.licences) different names."' "$WAVETRAIN_INPUT/statistics.json"
  echo
  echo "| licence | packages |"
  echo "|---|---:|"
  jq -r '.top[] | "| \(.licence) | \(.packages) |"' "$WAVETRAIN_INPUT/statistics.json"
  echo
  echo "## Copyleft"
  echo
  echo "$(wc -l < "$WAVETRAIN_INPUT/copyleft.tsv") packages contain parts under the GPL or AGPL; see copyleft.tsv."
  echo
  echo "## To look at"
  echo
  echo "$(wc -l < "$WAVETRAIN_INPUT/unclear.txt") packages name no licence that could be read:"
  echo
  sed 's/^/- /' "$WAVETRAIN_INPUT/unclear.txt"
} > licences/LICENCES.md
