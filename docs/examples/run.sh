#!/usr/bin/env bash
# Runs the example job on a fresh machine: installs what building needs, builds, copies the
# example into a repository of its own under build/example and runs it there.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

WAVETRAIN_SETUP=build bash .ci/setup
cmake --preset release -DWAVETRAIN_TESTS=OFF >/dev/null
cmake --build --preset release --target wavetrain
PATH=$root/build/release/src:$PATH

work=$root/build/example
rm -rf "$work"
mkdir -p "$work"
cp -R docs/examples/licences/. "$work"
cd "$work"
git init -q
git add -A
git -c user.name=Example -c user.email=example@example.invalid commit -qm "The licences example"

wavetrain run "$@"
echo
git log --oneline --decorate
echo
wavetrain timeline
echo
echo "The result: $work/licences/LICENCES.md"
