#!/usr/bin/env bash
# Every test on a fresh machine: installs what is needed, builds with gcc and runs all tests, then
# builds with clang's sanitizers and runs unit and scenario tests again. Nothing is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

bash .ci/setup
cmake --workflow --preset dev
cmake --workflow --preset sanitize
cmake --workflow --preset release
