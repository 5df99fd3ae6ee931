#!/bin/sh
# Properties: {"title": TEXT}.
set -eu
jq --argjson properties "$(cat)" '{
  schema: null,
  content: ([$properties.title] + (.content | group_by(.kind) |
    map("\(.[0].kind): \(length), in \(map(.place) | unique | join(", "))")))
}' "$WAVETRAIN_INPUT"/*.json
