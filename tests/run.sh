#!/usr/bin/env bash
# Every test on a fresh machine: installs what is needed, builds with gcc and runs all tests, then
# builds with clang's sanitizers and for release and runs unit and scenario tests again, and fuzzes each
# parser for a minute. Nothing is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

bash .ci/setup
cmake --workflow --preset dev
cmake --workflow --preset sanitize
cmake --workflow --preset release
cmake --workflow --preset fuzz
