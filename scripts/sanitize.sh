#!/usr/bin/env bash
# Builds and tests with AddressSanitizer + UndefinedBehaviorSanitizer, then
# with ThreadSanitizer (the presets asan and tsan).
#
#   scripts/sanitize.sh [-j N] [asan|tsan ...] [-- arguments of ctest]
#
# What is suppressed, and why, is in scripts/sanitizers/.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

presets=()
own_flag() {
  case "$1" in
    asan | tsan) presets+=("$1") ;;
    *) false ;;
  esac
}
parse_arguments "$@"
[ ${#presets[@]} -gt 0 ] || presets=(asan tsan)
cd "$ROOT"

failed=()
for preset in "${presets[@]}"; do
  say "$preset: building"
  run cmake --preset "$preset"
  run cmake --build --preset "$preset" -j "$jobs"
  say "$preset: testing"
  run ctest --preset "$preset" -j "$jobs" "${extra[@]}" ||
    failed+=("$preset")
done

say "Summary"
[ ${#failed[@]} -eq 0 ] || die "tests failed under: ${failed[*]}"
echo "passed under: ${presets[*]}"
