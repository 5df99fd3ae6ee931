#!/usr/bin/env bash
# bash tests/bench/run.sh [--quick | --smoke] [--only NAME[,NAME …]]
# Builds the program for release and prints one Markdown table of ratios to its peers. README.md
# beside this file says what is measured and how to read it. WAVETRAIN names a program that is
# built already.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/wavetrain-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ -z "${WAVETRAIN:-}" ]; then
  build=$source/build/bench
  {
    cmake -S "$source" --preset release -B "$build" -DWAVETRAIN_TESTS=OFF
    cmake --build "$build" --target wavetrain
  } >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
  WAVETRAIN=$build/src/wavetrain
fi

for tool in floor measure; do
  "${CC:-cc}" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$work/$tool" "$source/tests/bench/$tool.c"
done

# The row `schema` measures the library itself: it stands beside a program that was built here.
libraries=$(dirname "$WAVETRAIN")
archive() {
  local file
  file=$("${CC:-cc}" -print-file-name="lib$1.a")
  if [ -e "$file" ]; then echo "$file"; else echo "-l$1"; fi
}
if [ -e "$libraries/libcontract.a" ]; then
  "${CC:-cc}" -std=c17 -D_GNU_SOURCE -O2 -I"$source/src" -o "$work/schema" "$source/tests/bench/schema.c" \
    "$libraries"/lib{contract,model,base}.a "$(archive jansson)" "$(archive pcre2-8)" -lcrypto -lm
fi

export WAVETRAIN BENCH_FOLDER=$work
node "$source/tests/bench/bench.mjs" "$@"
