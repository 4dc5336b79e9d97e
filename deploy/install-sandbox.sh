#!/bin/sh
# Install bubblewrap where this user may; otherwise say how. Prints nothing when it is there.
set -eu
command -v bwrap >/dev/null 2>&1 && exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
  else
    as_root="no"
  fi
fi
if [ "$as_root" != "no" ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing bubblewrap, in which judged code runs ..."
  # A list of packages that is older than the mirror names files that are gone.
  if $as_root apt-get install -y -qq bubblewrap >/dev/null 2>&1 ||
     { $as_root apt-get update -qq && $as_root apt-get install -y -qq bubblewrap >/dev/null; }; then
    exit 0
  fi
fi
echo "bubblewrap is missing and could not be installed from here; gates that run code will say that they" >&2
echo "could not judge. Install it: sudo apt-get install bubblewrap   (Fedora: sudo dnf install bubblewrap)" >&2
