#!/usr/bin/env bash
# Finds the wavetrain to run and says its path as the output `binary`: the one that was named, one
# in the tool cache, a release whose checksum stands in checksums.txt, or one built from the source
# this Action came with. No token is here, and none is needed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_folder=$(dirname "$here")

stop() {
  echo "::error title=wavetrain::$1"
  exit 4
}

finish() {
  echo "binary=$1" >>"$GITHUB_OUTPUT"
  exit 0
}

source_version() {
  sed -nE 's/^project\(wavetrain VERSION ([0-9.]+).*/\1/p' "$source_folder/CMakeLists.txt"
}

# The line of checksums.txt for this version and machine: SHA-256 and address.
release_line() {
  grep -E "^[0-9a-f]{64}  https://[^ ]*/wavetrain-${version//./\\.}-linux-$machine\$" "$here/checksums.txt" || true
}

download() {
  local checksum address
  read -r checksum address <<<"$1"
  echo "Downloading $address"
  curl --proto '=https' --fail --silent --show-error --location --retry 3 \
    --connect-timeout 10 --max-time 300 --output "$work/wavetrain" "$address" || return 1
  echo "$checksum  $work/wavetrain" | sha256sum --check --status \
    || stop "the downloaded wavetrain does not have the checksum that this Action knows"
  chmod 0755 "$work/wavetrain"
}

build() {
  [ "$version" = "$(source_version)" ] \
    || stop "there is no release of that version with a known checksum, and the source here is $(source_version)"
  echo "Building wavetrain $version from source"
  WAVETRAIN_SETUP=build bash "$source_folder/.ci/setup"
  (
    cd "$source_folder"
    cmake --preset release -B "$work/build" -DWAVETRAIN_TESTS=OFF
    cmake --build "$work/build" --target wavetrain
  )
  mv "$work/build/src/wavetrain" "$work/wavetrain"
}

if [ -n "${INPUT_BINARY:-}" ]; then
  binary=$(realpath -- "$INPUT_BINARY") || stop "the input binary names a file that is not there"
  if [ ! -f "$binary" ] || [ ! -x "$binary" ]; then
    stop "the input binary names something that cannot be run"
  fi
  finish "$binary"
fi

[ "$(uname -s)" = Linux ] || stop "wavetrain runs on Linux only; choose an ubuntu runner"
case $(uname -m) in
  x86_64) machine=x64 ;;
  aarch64) machine=arm64 ;;
  *) stop "wavetrain is made for x86_64 and aarch64" ;;
esac
version=${INPUT_VERSION:-$(source_version)}
version=${version#v}
[[ $version =~ ^[0-9]+(\.[0-9]+){2}$ ]] || stop "the input version is not of the form 1.2.3"

cache=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:?}}/wavetrain/$version/$machine
line=$(release_line)
if [ -x "$cache/wavetrain" ] && [ -f "$cache.complete" ]; then
  # Other jobs of a self-hosted runner can write here, so a known checksum is looked at again.
  if [ -z "$line" ] || echo "${line%% *}  $cache/wavetrain" | sha256sum --check --status; then
    finish "$cache/wavetrain"
  fi
fi

work=$(mktemp -d "${RUNNER_TEMP:?}/wavetrain-XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ -z "$line" ] || ! download "$line"; then
  build
fi
mkdir -p "$cache"
mv -f "$work/wavetrain" "$cache/wavetrain"
touch "$cache.complete"
finish "$cache/wavetrain"
