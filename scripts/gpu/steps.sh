#!/usr/bin/env bash
# The steps of scripts/gpu_check.sh, which calls this with a step's name and
# shows the lines that begin with "| ". Goes on after a failure within a step.
set -uo pipefail
# From gpu_check.sh.
: "${ROOT:?}" "${build:?}" "${device:?}" "${deps:?}" "${torch?}" "${out:?}" \
  "${jobs:?}"

gpu=$ROOT/scripts/gpu
bin=$build/bin
bad=0

# Runs a command; one that fails makes the step fail.
try() {
  printf '+ %s\n' "$*"
  local code=0
  "$@" || code=$?
  [ $code -eq 0 ] || printf 'FAILED with %d: %s\n' $code "$*"
  [ $code -eq 0 ] || bad=1
  return $code
}
tell() { printf '| %s\n' "$*"; }
wrong() {
  printf '| wrong: %s\n' "$*"
  bad=1
}

# --- what there is ----------------------------------------------------------

machine() {
  nvidia-smi
  tell "$(nproc) cores; $(c++ --version | head -n 1); $(cmake --version |
    head -n 1); ninja $(ninja --version)"
  python3 "$gpu/describe_torch.py" || [ "$device" = cpu ] || bad=1
  ls "$torch/include" "$torch/lib"
  for name in fmt nlohmann yaml-cpp CLI catch2; do
    [ ! -e "$torch/include/$name" ] || tell "PyTorch has a $name of its own"
  done
  [ -d "$deps" ] || tell "without $deps: packages come from the system"
}

# --- building ---------------------------------------------------------------

configure_with() {
  local folder=$1
  shift
  # -I goes before PyTorch's folders, which may hold an fmt of their own.
  try cmake -S "$ROOT" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    "-DCMAKE_PREFIX_PATH=$deps/usr;$torch" \
    -DCMAKE_LIBRARY_ARCHITECTURE="$(uname -m)-linux-gnu" \
    "-DCMAKE_CXX_FLAGS=-I$deps/usr/include" \
    -DTHEXP_INSTALL=OFF -DTHEXP_HEADER_CHECKS=OFF "$@"
}
configure() {
  configure_with "$build" "-DTorch_DIR=$gpu" "-DTHEXP_TORCH_FOLDER=$torch"
}

# What users meet: PyTorch's own configuration, which may want CUDA's
# development files. It is known to need more than is here: no failure.
own_config() {
  local own=$torch/share/cmake/Torch
  if [ ! -d "$own" ]; then
    tell "this PyTorch has no configuration of its own"
  elif configure_with "$build/own-config" "-DTorch_DIR=$own" \
    -DTHEXP_BUILD_TESTS=OFF -DTHEXP_BUILD_EXAMPLES=OFF; then
    tell "PyTorch's own configuration works, too"
  else
    tell "PyTorch's own configuration does not work here: see own_config.txt"
  fi
  bad=0
}

build() {
  try ninja -C "$build" -k 0 -j "$jobs" \
    mnist step_benchmark step_trace cuda_check thexp
  ldd "$bin/mnist" | grep -E 'torch|cuda|not found'
  ! ldd "$bin/mnist" | grep -q 'not found' || wrong "a library is not found"
  [ "$device" = cpu ] || ldd "$bin/mnist" | grep -q libtorch_cuda ||
    wrong "mnist is not linked with libtorch_cuda"
}

# --- running ----------------------------------------------------------------

# A folder that is gone afterwards.
scratch() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  cd "$folder" || exit 1
}

mnist() { "$bin/mnist" --device="$device" --threads=1 "$@"; }

first() {
  scratch
  try mnist --fast_dev_run
  mnist --device=cuda:99 --fast_dev_run
  [ $? -eq 2 ] || wrong "--device=cuda:99 does not end with code 2"
  try "$bin/mnist" --epoch=1 --limit_train_batches=40 --exp_name=auto
  try python3 "$gpu/look_at_checkpoint.py" runs/auto/*/checkpoints/last.pt \
    "$device"
  try "$bin/thexp" ls
}

checks() {
  "$bin/cuda_check" --device="$device" >"$out/cuda_check.txt" 2>&1 || bad=1
  cat "$out/cuda_check.txt"
  tell "$(tail -n 1 "$out/cuda_check.txt")"
  sed -n 's/^FAIL/| &/p' "$out/cuda_check.txt" | cut -c1-200
}

# Twice the same bits; killed and resumed.
exact() {
  scratch
  local flags=(--determinism=strict --data.workers=4 --model=cnn --ema=0.9
    --accumulate=2 --epoch=4 --checkpoint.every_steps=7
    --limit_train_batches=60 --log.console=false)
  mkdir a b
  (cd a && try mnist "${flags[@]}") &
  local other=$!
  (cd b && try mnist "${flags[@]}") || bad=1
  wait $other || bad=1
  for name in net.pt net.ema.pt; do
    try "$bin/thexp" ckpt diff a/runs/mnist/*/models/$name \
      b/runs/mnist/*/models/$name || wrong "two runs differ in $name"
  done
  try python3 "$ROOT/benchmarks/kill_drill.py" 3 --only mnist -B "$build" ||
    wrong "the kill drill"
}

# What a program's own drill says.
drill() {
  scratch
  try mnist --drill=80 --determinism=strict --model=cnn
  tell "$(grep ' PASS' "$out/drill.txt" | tail -n 1)"
}

# How often CUDA is waited for, in a steady step: 200 against 400 steps.
waits() {
  scratch
  try cc -O2 -shared -fPIC -o count_calls.so "$gpu/count_calls.c" -ldl
  calls() {
    THEXP_CALLS=$PWD/$1.txt LD_PRELOAD=$PWD/count_calls.so mnist --epoch=1 \
      --exp_name="$1" --log.every=1000000 --checkpoint.every=0 \
      --batch_size=8 --limit_eval_batches=1 --log.console=false \
      --limit_train_batches="$1"
  }
  calls 200
  calls 400
  try python3 "$gpu/compare_calls.py" 200.txt 400.txt
}

# Steps of a model so small that the host is what counts.
speed() {
  scratch
  local peer
  for peer in select loader off on; do
    try "$bin/step_benchmark" $peer 1 $peer.json --device="$device" >$peer.txt
    tell "$(printf '%-7s' $peer) $(cat $peer.json)"
  done
  try "$bin/step_trace" on 1 traced.json --device="$device" --trace=trace.json \
    >traced.txt 2>trace_errors.txt
  cat trace_errors.txt
  [ ! -e trace.json ] || try python3 "$gpu/kernel_gaps.py" trace.json
}

tests() {
  local parts=(meters state data trainer callbacks) part
  try ninja -C "$build" -k 0 -j "$jobs" "${parts[@]/%/_tests}"
  for part in "${parts[@]}"; do
    [ -x "$bin/${part}_tests" ] || wrong "${part}_tests is not built"
  done
  try ctest --test-dir "$build" -j "$jobs" --timeout 60 --output-on-failure \
    -R '^(meters|state|data|trainer|callbacks)\.' >"$out/ctest.txt" 2>&1
  cat "$out/ctest.txt"
  tell "$(grep 'tests passed' "$out/ctest.txt")"
  sed -n '/The following tests FAILED/,$p' "$out/ctest.txt" |
    grep -oE '[a-z]+\.[a-z_]+ \(.*\)' | sed 's/^/| failed: /'
}

"$1"
exit $bad
