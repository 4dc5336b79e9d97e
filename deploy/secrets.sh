#!/bin/sh
# Make what compose.yaml needs in deploy/secrets: a new password for PostgreSQL, and the address that holds it.
# Nothing that is there is overwritten, and nothing is printed but names.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
directory=${1:-$here/secrets}
mkdir -p -m 0700 "$directory"
chmod 0700 "$directory"
if [ -e "$directory/postgres_password" ] || [ -e "$directory/database_url" ]; then
  echo "$directory has a password already; nothing was changed." >&2
  exit 0
fi
umask 077
printf '*\n' > "$directory/.gitignore"
password=$(od -An -N 24 -tx1 /dev/urandom | tr -d ' \n')
[ "${#password}" -eq 48 ] || { echo "There is no /dev/urandom to make a password from." >&2; exit 1; }
printf '%s' "$password" > "$directory/postgres_password"
printf 'postgresql://exogate:%s@postgres:5432/exogate' "$password" > "$directory/database_url"
# The engine shows these files to the users of the containers, which are others; the directory keeps everybody else out.
chmod 0444 "$directory/postgres_password" "$directory/database_url"
echo "Made $directory/postgres_password and $directory/database_url."
