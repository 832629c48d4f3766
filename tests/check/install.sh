#!/usr/bin/env bash
# Checks that the installed program runs, that pages and headers are complete, and that another project can link the libraries.
#   install.sh BUILD_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

cmake --install "$build" --prefix "$temp/usr" >/dev/null
"$temp/usr/bin/synfin" --version
for page in man/man1/synfin{,-diff,-path}.1 man/man7/synfin-{views,records,enrichment,live,inventory,notify,store,security}.7 man/man5/synfin.conf.5 \
    synfin/report.schema.json doc/synfin/examples/synfin.conf doc/synfin/README.md doc/synfin/copyright; do
  [ -s "$temp/usr/share/$page" ] || { echo "not installed: $page"; exit 1; }
done
# The installed headers are those of the list, no more and no fewer.
(cd "$temp/usr/include" && find synfin -type f | LC_ALL=C sort) >"$temp/installed"
grep -v '^#' "$(dirname "$0")/installed_headers.txt" | awk '{ print $1 }' | LC_ALL=C sort | diff - "$temp/installed" ||
  { echo "the installed headers differ from installed_headers.txt"; exit 1; }

mkdir "$temp/other"
cat >"$temp/other/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(other LANGUAGES CXX)
find_package(synfin 0.1 REQUIRED)
add_executable(other main.cc)
target_link_libraries(other PRIVATE synfin::core synfin::capture synfin::log)
END
cat >"$temp/other/main.cc" <<'END'
#include <synfin/decode/decoder.h>
#include <synfin/log/log_writer.h>
#include <synfin/track/connection_table.h>

#include <cstdio>

int main() {
  synfin::ConnectionTable table({.max_connections = 16});
  synfin::EventBuffer events(64);
  std::string log;
  synfin::LogWriter::make(synfin::LogFormat::Zeek)->begin(log, {});
  std::printf("%d %zu\n", table.drain(events), log.size());
  return events.empty() && !log.empty() ? 0 : 1;
}
END
cmake -S "$temp/other" -B "$temp/other/build" -G Ninja -DCMAKE_PREFIX_PATH="$temp/usr" >/dev/null
cmake --build "$temp/other/build"
"$temp/other/build/other"
