#!/bin/sh
# A CycloneDX 1.5 bill of materials (https://cyclonedx.org/docs/1.5/json/).
set -eu
jq -n --rawfile packages "$WAVETRAIN_INPUT/packages.tsv" --rawfile licences "$WAVETRAIN_INPUT/by-package.tsv" '
  def rows: split("\n") | map(select(. != "") | split("\t"));
  ($licences | rows | map({key: .[0], value: (.[1] | split(", "))}) | from_entries) as $by
  | { bomFormat: "CycloneDX", specVersion: "1.5", version: 1,
      components: ($packages | rows | map({
        type: "library", name: .[0], version: .[1], purl: "pkg:deb/debian/\(.[0])@\(.[1])?arch=\(.[2])",
        licenses: (($by[.[0]] // []) | map({license: {name: .}})) })) }' > licences/bill-of-materials.cdx.json
