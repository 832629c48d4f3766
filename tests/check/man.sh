#!/usr/bin/env bash
# Checks that the man pages equal their Markdown, and that man(1) formats them without a warning if it is installed.
#   man.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}/tools/man"
./make check
if command -v man >/dev/null; then
  for page in *.[157]; do
    said=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null)
    [ -z "$said" ] || { echo "$page: $said"; exit 1; }
  done
fi
echo "the man pages are up to date"
