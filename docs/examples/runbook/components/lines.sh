#!/bin/sh
# No properties. The input is what the built-in `filesystem` made: [{path, content}, …].
set -eu
jq '{
  schema: "lines:1.1.0",
  content: [
    .content[] | .path as $path | .content | rtrimstr("\n") | split("\n") | to_entries[] |
      {place: "\($path):\(.key + 1)", text: .value}
  ]
}' "$WAVETRAIN_INPUT"/*.json
