#!/usr/bin/env bash
# Workflows, the Action's description and its shell scripts. The linters come from the Go module
# proxy and PyPI, once, into WAVETRAIN_TOOLS (build/tools).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
tools=$(realpath -m "${WAVETRAIN_TOOLS:-build/tools}")
faults=0

fault() {
  echo "$1"
  faults=$((faults + 1))
}

if [ ! -x "$tools/actionlint" ]; then
  GOBIN=$tools GOFLAGS=-mod=mod go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 || exit 1
fi
if [ ! -x "$tools/python/bin/check-jsonschema" ]; then
  python3 -m venv "$tools/python" || exit 1
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check check-jsonschema==0.39.0 || exit 1
fi

"$tools/actionlint" -no-color .github/workflows/*.yml || fault "actionlint found something"
"$tools/python/bin/check-jsonschema" --builtin-schema vendor.github-actions action/action.yml \
  || fault "action.yml is not as its schema says"
"$tools/python/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml \
  || fault "a workflow is not as its schema says"

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard 'action/*.sh' 'tests/*.sh' '.ci/*')
shellcheck "${scripts[@]}" || fault "shellcheck found something"

# What others wrote in must never become part of a script: no expression inside `run:`.
# shellcheck disable=SC2016
inside_run='
  /^ *(- )?run: *[|>]/ { match($0, /^ */); depth = RLENGTH; block = 1; next }
  /^ *(- )?run:/ && /\$\{\{/ { print FILENAME ":" FNR ": " $0 }
  block { match($0, /^ */); if (NF && RLENGTH <= depth) block = 0; else if (/\$\{\{/) print FILENAME ":" FNR ": " $0 }'
found=$(awk "$inside_run" .github/workflows/*.yml action/action.yml)
[ -z "$found" ] || fault "an expression inside run:
$found"

# Every foreign action is pinned by commit, with its version beside it.
found=$(grep -nE '^\s*(- )?uses:' .github/workflows/*.yml action/action.yml \
  | grep -vE 'uses: \./|uses: [A-Za-z0-9_./-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$')
[ -z "$found" ] || fault "not pinned by commit and version:
$found"

# A workflow starts with no permissions at all; each job names what it needs.
for workflow in .github/workflows/*.yml; do
  grep -qx 'permissions: {}' "$workflow" || fault "$workflow does not start with permissions: {}"
done

[ "$faults" = 0 ] && echo "workflows and the Action are clean"
exit $((faults > 0))
