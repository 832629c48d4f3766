#!/usr/bin/env bash
# Checks that every C++ file is formatted according to .clang-format. Exits 77, which CTest shows as skipped, if clang-format is missing.
#   format.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"
command -v clang-format >/dev/null || { echo "skipped: clang-format is not installed"; exit 77; }
find include src tests -name '*.h' -o -name '*.cc' | sort | xargs -r clang-format --style=file --dry-run -Werror
