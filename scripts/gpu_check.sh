#!/usr/bin/env bash
# Checks thexp on a machine with a GPU, against the PyTorch inside python3, with
# what scripts/gpu_prepare.sh has packed: no network, no package manager.
#
#   scripts/gpu_check.sh [--device=cuda] [--deps=build/gpu-deps] [--torch=DIR]
#                        [--seconds=480] [--out=DIR] [-j N] [-B DIR] [STEP...]
#
#   --device    cpu tries the script itself where there is no GPU
#   --deps      the folder of gpu_prepare.sh, where the system has no packages
#   --torch     PyTorch's folder (default: python3 says it)
#   --seconds   for all steps together
#   --out       where to put the log, and all files in one archive (default:
#               they stay in the build folder, in gpu-check)
#   STEP        only these, in this order (default: all):
#                 machine configure own_config build first checks exact drill
#                 waits speed tests
#
# Goes on after a failure; each step has a limit. At the end the first errors of
# each step that failed, and a count.
set -uo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

build=$ROOT/build/gpu
device=cuda
deps=$ROOT/build/gpu-deps
torch=''
seconds=480
results=''
steps=()
own_flag() {
  case "$1" in
    --device=*) device=${1#*=} ;;
    --deps=*) deps=$(realpath -m "${1#*=}") ;;
    --torch=*) torch=$(realpath -m "${1#*=}") ;;
    --seconds=*) seconds=${1#*=} ;;
    --out=*) results=$(realpath -m "${1#*=}") ;;
    -*) false ;;
    *) steps+=("$1") ;;
  esac
}
parse_arguments "$@"
[ ${#steps[@]} -gt 0 ] ||
  steps=(machine configure own_config build first checks exact drill waits
    speed tests)

# Seconds that a step may take.
limit_of() {
  case "$1" in
    machine | first) echo 40 ;;
    configure | own_config) echo 60 ;;
    checks | exact | drill | waits | speed) echo 90 ;;
    build | tests) echo 240 ;;
    *) die "there is no step '$1'; see $0 --help" ;;
  esac
}
for step in "${steps[@]}"; do limit_of "$step" >/dev/null || exit 1; done

: "${torch:=$(python3 -c \
  'import os, torch; print(os.path.dirname(torch.__file__))' 2>/dev/null)}"
out=$build/gpu-check
mkdir -p "$out" "$build"
log=$out/log.txt
export ROOT build device deps torch out jobs
export THEXP_TEST_DEVICE=$device

passed=0
failed=()

run_step() {
  local step=$1 start=$SECONDS limit code left=$((seconds - SECONDS))
  limit=$(limit_of "$step")
  [ "$left" -ge "$limit" ] || limit=$left
  if [ "$limit" -lt 5 ]; then
    printf 'SKIP %-10s no time left\n' "$step"
    failed+=("$step")
    return
  fi
  timeout --kill-after=5 "$limit" bash "$ROOT/scripts/gpu/steps.sh" "$step" \
    >"$out/$step.txt" 2>&1
  code=$?
  if [ $code -eq 0 ]; then
    passed=$((passed + 1))
    printf 'ok   %-10s %3d s\n' "$step" $((SECONDS - start))
  else
    failed+=("$step")
    printf 'FAIL %-10s %3d s, %s\n' "$step" $((SECONDS - start)) \
      "$([ $code -ge 124 ] && echo "ended at its limit" || echo "code $code")"
  fi
  sed -n 's/^| /     /p' "$out/$step.txt"  # what the step wants to tell
}

# The lines that say what went wrong, and the end of the output.
errors_of() {
  local file=$out/$1.txt
  [ -e "$file" ] || return
  printf '\n--- %s\n' "$1"
  grep -nE 'error|Error|FAIL|failed|not found|undefined|terminate|Killed' \
    "$file" | cut -c1-240 | head -n 60
  echo "..."
  tail -n 12 "$file" | cut -c1-240
}

{
  echo "thexp on $device, PyTorch in ${torch:-(python3 has none)}, $jobs jobs"
  for step in "${steps[@]}"; do run_step "$step"; done
  for step in ${failed[@]+"${failed[@]}"}; do errors_of "$step"; done
  printf '\n%d of %d steps passed in %d s%s\n' "$passed" "${#steps[@]}" \
    "$SECONDS" "${failed:+; failed: ${failed[*]}}"
} 2>&1 | tee "$log"
if [ -n "$results" ]; then
  mkdir -p "$results"
  cp "$log" "$results/log.txt"
  tar -C "$build" -czf "$results/gpu-check.tar.gz" gpu-check
fi
grep -q "^${#steps[@]} of ${#steps[@]} steps passed" "$log"
