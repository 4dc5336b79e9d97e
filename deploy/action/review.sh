#!/usr/bin/env bash
# Runs the review. What it prints may quote the change, so a runner must not read commands in it: they are off until
# a token that nobody can foresee. The annotations that Exogate made, and escaped, are printed after that.
set -uo pipefail
python="$EXOGATE_ENVIRONMENT/venv/bin/python"
[ -x "$python" ] || python="$EXOGATE_ENVIRONMENT/venv/Scripts/python.exe"
commands=$(mktemp "$RUNNER_TEMP/exogate-commands.XXXXXXXX") || exit 3
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
[ "${#token}" -eq 32 ] || { echo "There is no randomness here, so nothing was judged."; exit 3; }
export EXOGATE_CACHE_DIR="$RUNNER_TEMP/exogate-results"
status=0
echo "::stop-commands::exogate-$token"
"$python" -I -m app.cli action --commands "$commands" 2>&1 || status=$?
printf '\n::exogate-%s::\n' "$token"
cat "$commands"
rm -f "$commands"
exit "$status"
