#!/usr/bin/env bash
# Makes bubblewrap work where it can. Never fails the job: without a sandbox the gates that run code say so.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sh "$here/../install-sandbox.sh"

works() { bwrap --unshare-all --ro-bind / / true >/dev/null 2>&1; }
command -v bwrap >/dev/null 2>&1 || exit 0
works && exit 0

# Ubuntu (23.10 and later, and so GitHub's machines) lets no ordinary program make user namespaces unless an
# AppArmor profile allows it. One that allows it to bwrap alone is smaller than turning the restriction off.
restricted=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
if [ -r "$restricted" ] && [ "$(cat "$restricted")" = 1 ]; then
  if [ "${RUNNER_ENVIRONMENT:-}" = github-hosted ] && sudo -n true 2>/dev/null; then
    printf 'abi <abi/4.0>,\ninclude <tunables/global>\nprofile exogate-bwrap %s flags=(unconfined) {\n  userns,\n}\n' \
      "$(command -v bwrap)" | sudo -n tee /etc/apparmor.d/exogate-bwrap >/dev/null
    sudo -n apparmor_parser -r /etc/apparmor.d/exogate-bwrap
    works && { echo "AppArmor now lets bwrap make user namespaces."; exit 0; }
  fi
  echo "AppArmor keeps bubblewrap from making user namespaces here. \`exogate doctor\` names the remedy; on a machine of"
  echo "your own it is yours to apply, so this step changed nothing."
else
  echo "bubblewrap is installed but does not start here; \`exogate doctor\` says why."
fi
exit 0
