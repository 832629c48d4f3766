#!/usr/bin/env bash
# Runs geoip/update with a false npm that delivers a test database, a damaged one or nothing: afterwards each database in the folder is whole or
# absent.
#   geoip_update.sh [ROOT]
set -euo pipefail
root=$(cd "${1:-$(dirname "$0")/../..}" && pwd)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
mkdir -p "$temp/bin" "$temp/dbip-country-mmdb/package"
touch "$temp/bin/node"
cat >"$temp/bin/npm" <<END
#!/bin/sh
for package; do :; done
case \$package in
  */dbip-country-mmdb) [ "\${FAKE:-}" != none ] || { echo 'npm ERR! 404 Not Found' >&2; exit 1; }; tar czf x.tgz -C "$temp/dbip-country-mmdb" package ;;
  *) echo 'npm ERR! network request failed, reason: connect ECONNREFUSED 192.0.2.1:443' >&2; exit 1 ;;
esac
END
chmod +x "$temp/bin/npm" "$temp/bin/node"
export PATH=$temp/bin:$PATH

# update EXPECTED-CODE EXPECTED-TEXT FOLDER
update() {
  local code=0
  "$root/geoip/update" "$3" 2>"$temp/errors" || code=$?
  [ "$code" = "$1" ] && grep -q -- "$2" "$temp/errors" || { echo "exit code $code, wanted $1; wanted '$2' in:"; cat "$temp/errors"; exit 1; }
  local left
  left=$(find "$3" -name '*.new*')
  [ -z "$left" ] || { echo "left behind: $left"; exit 1; }
}

cp "$root/geoip/test/flat-country.mmdb" "$temp/dbip-country-mmdb/package/dbip-country.mmdb"
update 0 "asn by npm: .*ECONNREFUSED" "$temp/whole"
cmp "$root/geoip/test/flat-country.mmdb" "$temp/whole/dbip-country.mmdb"
grep -q "CC BY 4.0" "$temp/whole/dbip-country.mmdb.attribution"

# A damaged download leaves the old database.
head -c 300 /dev/zero >"$temp/dbip-country-mmdb/package/dbip-country.mmdb"
update 1 "is no MMDB file" "$temp/whole"
cmp "$root/geoip/test/flat-country.mmdb" "$temp/whole/dbip-country.mmdb"

FAKE=none update 1 "404 Not Found" "$temp/whole"
code=0
"$root/geoip/update" one two 2>/dev/null || code=$?
[ "$code" = 2 ] || { echo "two folders: exit code $code"; exit 1; }
echo "geoip/update leaves whole databases only"
