#!/bin/sh
# Properties: {"kinds": [KIND, …]}. Takes rows and lines, writes the file instead of printing it.
set -eu
jq --argjson properties "$(cat)" '
  {mail: "[a-z.]+@[a-z.]+", telephone: "[+][0-9 ]{8,}"} as $patterns | {
    schema: "finding:1.0.0",
    content: [
      .content[] | .place as $place | (.text // (.values | to_entries[] | .value)) as $text |
        $properties.kinds[] | . as $kind |
        $text | match($patterns[$kind]; "g") | {kind: $kind, place: $place, text: .string}
    ],
    metadata: {kinds: $properties.kinds}
  }' "$WAVETRAIN_INPUT"/*.json > "$WAVETRAIN_OUTPUT/$WAVETRAIN_STEP_ID.json"
