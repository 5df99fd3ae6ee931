#!/usr/bin/env bash
# A stage includes itself, base/ and model/; only cli/ includes the others; nothing includes cli/.
# Third-party headers stand in the files that docs/architecture.md names, and nowhere else.
set -uo pipefail
shopt -s extglob
cd "$(dirname "$0")/../.." || exit
faults=0

fault() {
  echo "$1"
  faults=$((faults + 1))
}

while read -r file; do
  stage=${file#src/}
  stage=${stage%%/*}
  [ "$stage" = cli ] && continue
  while read -r included; do
    case "$stage:$included" in
      base:base | model:base | model:model) ;;
      base:* | model:*) fault "$file includes $included/" ;;
      *:base | *:model | "$stage:$stage") ;;
      *) fault "$file includes $included/" ;;
    esac
  done < <(sed -nE 's/^#include "([a-z_]+)\/.*/\1/p' "$file")
done < <(git ls-files 'src/*/*.c' 'src/*/*.h')

# header: where it may stand
while read -r header place; do
  while read -r file; do
    # shellcheck disable=SC2254
    case $file in
      src/cli/library_versions.c) ;;
      $place) ;;
      *) fault "$file includes <$header>, which belongs to $place" ;;
    esac
  done < <(git grep -lE "^#include <$header>" -- 'src/*')
done <<'PLACES'
zlib.h src/@(checkpoint/pack_write|report/html_pack).c
yaml.h src/load/yaml_tree.c
sqlite3.h src/record/database.[ch]
curl/curl.h src/publish/http.c
git2.h src/checkpoint/*
openssl/evp.h src/base/hash.c
jansson.h src/@(load/@(ci_context_load|expansion|json_schema_write).c|publish/github.c|contract/*|component/*)
pcre2.h src/contract/schema_pattern.c
PLACES

[ "$faults" = 0 ] && echo "includes are one-way"
exit $((faults > 0))
