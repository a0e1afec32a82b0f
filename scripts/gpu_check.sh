#!/usr/bin/env bash
# Builds against the PyTorch inside python3, on a machine with a GPU, and runs
# the tests and the benchmarks there. Needs no package manager.
#
#   scripts/gpu_check.sh [-j N] [-B DIR] [-- arguments of ctest]
#
# THEXP_DEPS_PREFIX  where fmt, yaml-cpp, nlohmann_json, utf8proc, libdeflate,
#                    protozero, Catch2 and CLI11 are, when the system has
#                    none: a CMake prefix (several: separated by ';')
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

build=$ROOT/build/gpu
parse_arguments "$@"
cd "$ROOT"

say "PyTorch and GPU"
torch_prefix=$(python3 -c \
  'import torch; print(torch.utils.cmake_prefix_path)') ||
  die "python3 has no torch to build against"
python3 - <<'PYTHON' || die "this PyTorch sees no GPU"
import sys
import torch

print("torch", torch.__version__, "cuda", torch.version.cuda)
if not torch.cuda.is_available():
    sys.exit(1)
print(torch.cuda.get_device_name())
PYTHON

say "Configuring in $build"
prefixes=$torch_prefix
[ -z "${THEXP_DEPS_PREFIX:-}" ] || prefixes+=";$THEXP_DEPS_PREFIX"
run cmake -S "$ROOT" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  "-DCMAKE_PREFIX_PATH=$prefixes" -DTHEXP_INSTALL=OFF ||
  die "configuring failed. When a package above is not found, install it" \
    "under some prefix and name that in THEXP_DEPS_PREFIX"

say "Building with $jobs at once"
run cmake --build "$build" -j "$jobs"

say "Testing"
run ctest --test-dir "$build" --output-on-failure --no-tests=error \
  "${extra[@]}"

say "Benchmarks"
if [ -x "$ROOT/benchmarks/run.sh" ]; then
  run "$ROOT/benchmarks/run.sh" -B "$build"
else
  echo "benchmarks/run.sh is not there; nothing to run"
fi
