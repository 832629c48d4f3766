#!/usr/bin/env bash
# Checks that cpack makes a Debian package whose dependencies are complete. Skipped (77) without dpkg-dev or file.
#   package.sh BUILD_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
for program in dpkg-shlibdeps dpkg-deb file; do
  command -v $program >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

(cd "$build" && cpack -B "$temp" >"$temp/output" 2>&1) || { cat "$temp/output"; exit 1; }
package=$(find "$temp" -maxdepth 1 -name 'synfin_*.deb')
[ -n "$package" ] || { echo "no package was written"; cat "$temp/output"; exit 1; }
dpkg-deb -x "$package" "$temp/root"

# Every library that the program loads belongs to a package of Depends.
depends=$(dpkg-deb -f "$package" Depends)
missing=0
for library in libc6 libpcap libfmt libmaxminddb libc-ares libre2 libssl libncursesw libzstd zlib1g libcurl4 libsqlite3; do
  case $depends in
    *"$library"*) ;;
    *) echo "Depends lacks $library: $depends"; missing=1 ;;
  esac
done
recommends=$(dpkg-deb -f "$package" Recommends)
[ "$recommends" = "netbase, hwdata | ieee-data" ] || { echo "Recommends: $recommends"; missing=1; }
[ "$(dpkg-deb -f "$package" Suggests)" = tor-geoipdb ] || { echo "Suggests: $(dpkg-deb -f "$package" Suggests)"; missing=1; }
for name in bin/synfin share/man/man1/synfin.1.gz share/man/man5/synfin.conf.5.gz share/doc/synfin/examples/synfin.conf share/doc/synfin/examples/synfin.logrotate lib/systemd/system/synfin.service \
  lib/systemd/system/synfin@.service lib/sysusers.d/synfin.conf share/man/man7/synfin-live.7.gz share/doc/synfin/copyright share/doc/synfin/changelog.gz \
  share/bash-completion/completions/synfin share/zsh/vendor-completions/_synfin share/fish/vendor_completions.d/synfin.fish; do
  [ -s "$temp/root/usr/$name" ] || { echo "the package lacks /usr/$name"; missing=1; }
done
for script in postinst prerm postrm; do
  dpkg-deb -I "$package" $script >/dev/null || { echo "the package lacks $script"; missing=1; }
done
# The services run with few rights: 2.0 on the scale of systemd-analyze, and they need no program that a small system lacks.
for unit in synfin.service synfin@.service; do
  path=$temp/root/usr/lib/systemd/system/$unit
  ! grep -q '^Exec.*=/bin/kill' "$path" || { echo "$unit needs /bin/kill, which is no part of a small system"; missing=1; }
  if command -v systemd-analyze >/dev/null; then
    cp "$path" "$temp/${unit/@/@lo}"
    systemd-analyze security --offline=true --threshold=20 "$temp/${unit/@/@lo}" >"$temp/security" 2>&1 || { tail -n 1 "$temp/security"; missing=1; }
  fi
done
[ "$(dpkg-deb -f "$package" Description | wc -l)" -gt 5 ] || { echo "the package has no description"; missing=1; }
(cd "$temp/root" && dpkg-deb -e "$package" "$temp/control" && md5sum --quiet -c "$temp/control/md5sums") || { echo "md5sums differ"; missing=1; }
"$temp/root/usr/bin/synfin" --version
exit $missing
