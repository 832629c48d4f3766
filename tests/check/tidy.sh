#!/usr/bin/env bash
# Runs clang-tidy on every source under src, with the checks of .clang-tidy. Skipped (77) if it is not installed.
#   tidy.sh BUILD_DIR        a configured build, whose compile_commands.json says how each file is compiled
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
command -v run-clang-tidy >/dev/null || { echo "skipped: clang-tidy is not installed"; exit 77; }
# The build may be GCC's, with options that clang does not know.
run-clang-tidy -quiet -p "$build" -j "$(nproc)" -extra-arg=-Wno-unknown-warning-option \
  -extra-arg=-Wno-ignored-optimization-argument "^$PWD/src/"
