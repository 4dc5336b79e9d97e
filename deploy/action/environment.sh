#!/usr/bin/env bash
# `environment.sh name` names Exogate's own environment; `environment.sh install` makes it, unless it is there.
# Finds a Python of 3.11 or newer without touching PATH: that one is for the repository's tests.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Nothing that the repository holds may be taken for a module or a tool's configuration.
cd "$RUNNER_TEMP"

new_enough() { "$1" -I -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

for python in python3.13 python3.12 python3.11 python3 python \
  "${RUNNER_TOOL_CACHE:-/nonexistent}"/Python/3.1[1-9]*/*/bin/python3; do
  if new_enough "$python"; then
    exec "$python" -I "$here/environment.py" "$@"
  fi
done
echo "::error title=exogate::Exogate needs Python 3.11 or newer, and this runner has none. Use actions/setup-python in a step before this one."
exit 2
