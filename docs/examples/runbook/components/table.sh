#!/bin/sh
# Properties: {"path": FILE}. The first line names the columns; no quotes, no commas in values.
set -eu
path=$(jq -r .path)
jq -R -s --arg path "$path" '
  rtrimstr("\n") | split("\n") | map(split(",")) | .[0] as $columns | {
    schema: "rows:1.0.0",
    content: [
      to_entries[1:][] | {
        place: "\($path):\(.key + 1)",
        values: ([$columns, .value] | transpose | map({key: .[0], value: .[1]}) | from_entries)
      }
    ]
  }' "$path"
