#!/usr/bin/env bash
# Rooms stay small: files within 500 lines, functions within 60 (tables are not functions).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
faults=$(
  git ls-files 'src/*.c' 'src/*.h' | xargs -r wc -l | awk '$2 != "total" && $1 > 500 {print $2 ": " $1 " lines, 500 at the most"}'
  git ls-files 'src/*.c' | xargs -r ctags -x --_xformat='%N %n %e %F' --fields=+ne --kinds-C=f 2>/dev/null |
    awk '$3 != "" && $3 - $2 + 1 > 60 {print $4 ": " $1 " has " $3 - $2 + 1 " lines, 60 at the most"}'
)
if [ -n "$faults" ]; then
  echo "$faults"
  exit 1
fi
echo "files and functions within their sizes"
