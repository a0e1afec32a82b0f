#!/usr/bin/env bash
# Formats the repository's C++ files with clang-format 14.
#
#   scripts/format.sh [--check]
#
#   --check   changes nothing; lists what is not formatted and fails
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

check=false
case "${1:-}" in
  '') ;;
  --check) check=true ;;
  -h | --help) usage; exit 0 ;;
  *) die "unknown argument '$1'; see $0 --help" ;;
esac
cd "$ROOT"

# Other versions format some code differently.
formatter=''
for candidate in clang-format-14 clang-format; do
  if "$candidate" --version 2>/dev/null | grep -q 'version 14\.'; then
    formatter=$candidate
    break
  fi
done
[ -n "$formatter" ] ||
  die "clang-format 14 is missing: apt-get install clang-format-14"

# Also new files that are not in git yet.
mapfile -t files < <(git ls-files -co --exclude-standard -- '*.h' '*.cpp' |
  while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done)
[ ${#files[@]} -gt 0 ] || die "git lists no C++ file in $ROOT"

if ! $check; then
  "$formatter" -i "${files[@]}"
  echo "formatted ${#files[@]} files"
  exit
fi
unformatted=()
for file in "${files[@]}"; do
  "$formatter" --dry-run --Werror "$file" 2>/dev/null || unformatted+=("$file")
done
if [ ${#unformatted[@]} -gt 0 ]; then
  printf '%s\n' "${unformatted[@]}"
  die "${#unformatted[@]} of ${#files[@]} files are not formatted;" \
    "run scripts/format.sh"
fi
echo "all ${#files[@]} files are formatted"
