#!/usr/bin/env bash
# Turns the Action's inputs into the words of `wavetrain run` and becomes it. The token stays in
# the environment variable WAVETRAIN_TOKEN: it is no word of the command line and is never printed.
set -euo pipefail

stop() {
  echo "::error title=wavetrain::$1"
  exit 2
}

[ -x "${WAVETRAIN_BINARY:?}" ] || stop "there is no wavetrain to run"
binary=$(realpath -- "$WAVETRAIN_BINARY")
cd -- "${INPUT_WORKING_DIRECTORY:-.}" || stop "the input working-directory names no folder"

words=(run)
case ${INPUT_PIPELINE:-} in
  '') ;;
  -*) stop "the input pipeline is an option; options belong into the input args" ;;
  *) words+=("$INPUT_PIPELINE") ;;
esac
[ -z "${INPUT_JOBS:-}" ] || words+=("--jobs=$INPUT_JOBS")
[ -z "${INPUT_MODE:-}" ] || words+=("--mode=$INPUT_MODE")
words+=("--resume=${INPUT_RESUME:-auto}" "--status=${INPUT_STATUS:-on}")
words+=("--comment=${INPUT_COMMENT:-always}" "--push=${INPUT_PUSH:-auto}")
words+=(--report-dir=wavetrain-report)
[ -z "${INPUT_REPORT_NAME:-}" ] || words+=("--report-name=$INPUT_REPORT_NAME")

while IFS= read -r line || [ -n "$line" ]; do
  line=${line%$'\r'}
  line=${line#"${line%%[![:space:]]*}"}
  [ -z "$line" ] || words+=(-p "$line")
done <<<"${INPUT_PARAMS:-}"

# Split at white space and nothing else: no quotes, no patterns, no substitution.
IFS=$' \t\r\n' read -r -d '' -a more <<<"${INPUT_ARGS:-}" || true
words+=(${more[@]+"${more[@]}"})

# The pipeline's steps have no use for the Action's inputs.
unset WAVETRAIN_BINARY "${!INPUT_@}"
exec "$binary" "${words[@]}"
