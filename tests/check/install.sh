#!/usr/bin/env bash
# What is installed can be used: the program runs, the pages are there, and a stranger's project finds and links the libraries.
#   install.sh BUILD_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

cmake --install "$build" --prefix "$temp/usr" >/dev/null
"$temp/usr/bin/synfin" --version
for page in share/man/man1/synfin.1 share/doc/synfin/README.md share/doc/synfin/copyright; do
  [ -s "$temp/usr/$page" ] || { echo "not installed: $page"; exit 1; }
done

mkdir "$temp/stranger"
cat >"$temp/stranger/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(stranger LANGUAGES CXX)
find_package(synfin 0.1 REQUIRED)
add_executable(stranger main.cc)
target_link_libraries(stranger PRIVATE synfin::core synfin::capture synfin::log)
END
cat >"$temp/stranger/main.cc" <<'END'
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
cmake -S "$temp/stranger" -B "$temp/stranger/build" -G Ninja -DCMAKE_PREFIX_PATH="$temp/usr" >/dev/null
cmake --build "$temp/stranger/build"
"$temp/stranger/build/stranger"
