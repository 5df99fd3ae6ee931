# Stands in for an agent's program: reads the task, looks at the file that it names, answers in JSON.
set -eu
task=$(cat)
file=${task##* }
lines=$(wc -l < "$file")
printf '{"file": "%s", "lines": %d, "summary": "%s: %s"}\n' "$file" "$lines" "$WAVETRAIN_STEP_ID" "$(head -n 1 "$file")"
