#!/usr/bin/env bash
# Measures the line coverage of the library by its tests, with gcovr.
#
#   scripts/coverage.sh [-j N] [--no-run] [-- arguments of ctest]
#
#   --no-run   report on what the last run left
#
# Fails under 85 %. The report is in build/coverage/report/index.html.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

MINIMUM=85
MODULES=(base params meters framework callbacks)

run_tests=true
own_flag() {
  case "$1" in
    --no-run) run_tests=false ;;
    *) false ;;
  esac
}
parse_arguments "$@"
command -v gcovr >/dev/null || die "gcovr is missing: apt-get install gcovr"
cd "$ROOT"

if $run_tests; then
  say "Building"
  run cmake --preset coverage
  run cmake --build --preset coverage -j "$jobs"
  say "Testing"
  find build/coverage -name '*.gcda' -delete
  run ctest --preset coverage -j "$jobs" "${extra[@]}"
fi

say "Line coverage of ${MODULES[*]}"
filters=()
for module in "${MODULES[@]}"; do
  filters+=(--filter "$ROOT/$module/")
done
mkdir -p build/coverage/report
run gcovr --root "$ROOT" "${filters[@]}" --object-directory build/coverage \
  --gcov-ignore-parse-errors -j "$jobs" \
  --html-details build/coverage/report/index.html \
  --json-summary build/coverage/report/summary.json \
  --txt build/coverage/report/summary.txt build/coverage
cat build/coverage/report/summary.txt
python3 - "$MINIMUM" build/coverage/report/summary.json <<'PYTHON'
import json
import sys

minimum, path = float(sys.argv[1]), sys.argv[2]
with open(path) as file:
    summary = json.load(file)
percent = 100.0 * summary["line_covered"] / max(summary["line_total"], 1)
print(f"lines covered: {summary['line_covered']} of {summary['line_total']}"
      f" = {percent:.1f} % (at least {minimum:.0f} %)")
sys.exit(percent < minimum)
PYTHON
