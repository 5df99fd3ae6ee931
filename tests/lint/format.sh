#!/usr/bin/env bash
# clang-format decides the layout; a file that it would change fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files '*.c' '*.h' | xargs -r clang-format-14 --dry-run --Werror
echo "layout as clang-format has it"
