#!/bin/sh
set -eu
jq -n --rawfile licences "$WAVETRAIN_INPUT/by-licence.tsv" --rawfile packages "$WAVETRAIN_INPUT/packages.tsv" \
  --rawfile known "$WAVETRAIN_INPUT/by-package.tsv" '
  def rows: split("\n") | map(select(. != ""));
  { packages: ($packages | rows | length), with_licence: ($known | rows | length),
    licences: ($licences | rows | length),
    top: ($licences | rows | .[:10] | map(split("\t") | {licence: .[1], packages: (.[0] | tonumber)})) }' > licences/statistics.json
jq -r '"\(.with_licence) of \(.packages) packages, \(.licences) licences"' licences/statistics.json
