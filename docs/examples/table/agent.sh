# Stands in for an agent: takes its task on standard input and leaves a note of it.
set -eu
mkdir -p docs
cat >> "docs/${WAVETRAIN_STEP_ID}.md"
case $WAVETRAIN_STEP_ID in step-1) cp docs/step-1.md docs/sign-in.md ;; esac
