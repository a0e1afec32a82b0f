#!/usr/bin/env bash
# Installs what is missing, builds everything and runs all tests.
#
#   scripts/test.sh [-j N] [-B DIR] [--no-install] [-- arguments of ctest]
#
#   -j N          compilers and tests at once (default: by cores and memory)
#   -B DIR        build folder (default: build/release)
#   --no-install  take the packages that are there
#
# Ends non-zero when anything failed.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

build=$ROOT/build/release
install=true
own_flag() {
  case "$1" in
    --no-install) install=false ;;
    *) false ;;
  esac
}
parse_arguments "$@"
cd "$ROOT"
log=$build/test.log
rm -f "$log"

if $install; then "$ROOT/scripts/install-deps.sh"; fi

say "Configuring in $build"
run cmake --preset release -B "$build" \
  -DTHEXP_BUILD_TESTS=ON -DTHEXP_BUILD_BENCHMARKS=ON

say "Building with $jobs at once"
run cmake --build "$build" -j "$jobs"

say "Testing"
status=0
run ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$jobs" \
  "${extra[@]}" 2>&1 | tee "$log" || status=$?

say "Summary"
grep -E '^[0-9]+% tests passed|^Total Test time' "$log" || true
sed -n '/^The following tests FAILED/,/^$/p' "$log"
if [ "$status" -ne 0 ]; then
  die "tests failed; the whole output is in $log"
fi
echo "all tests passed"
