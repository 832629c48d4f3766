#!/usr/bin/env bash
# clang-tidy over every source under src, as .clang-tidy says. Slow; skipped (77) where it is not installed.
#   tidy.sh BUILD_DIR        a configured build: its compile_commands.json says how each file is compiled
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
command -v run-clang-tidy >/dev/null || { echo "skipped: clang-tidy is not installed"; exit 77; }
# The build is GCC's: options that clang does not know are no findings.
run-clang-tidy -quiet -p "$build" -j "$(nproc)" -extra-arg=-Wno-unknown-warning-option \
  -extra-arg=-Wno-ignored-optimization-argument "^$PWD/src/"
