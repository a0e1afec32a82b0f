#!/usr/bin/env bash
# From a fresh Debian to a trained model: installs what is missing, builds,
# trains the MNIST example on its built-in digits, shows where the results are.
#
#   scripts/demo.sh [-j N] [--no-install] [-- arguments of the example]
#
#   -j N          compilers at once (default: by cores and memory)
#   --no-install  take the packages that are there
#
# The results land in ./runs, or in the folder that THEXP_WORKSPACE or
# `-- --workspace=DIR` names.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

install=true
own_flag() {
  case "$1" in
    --no-install) install=false ;;
    *) false ;;
  esac
}
parse_arguments "$@"
cd "$ROOT"

if $install; then "$ROOT/scripts/install-deps.sh" --build; fi

say "Configuring"
# Tests need packages that the demo does not; benchmarks only take time.
run cmake --preset release -DTHEXP_BUILD_TESTS=OFF -DTHEXP_BUILD_BENCHMARKS=OFF

say "Building the example and the tool with $jobs at once"
run cmake --build build/release -j "$jobs" --target bin/mnist bin/thexp

say "Training"
run build/release/bin/mnist "${extra[@]}"

say "Results"
workspace=${THEXP_WORKSPACE:-runs}
for argument in "${extra[@]}"; do
  case "$argument" in
    --workspace=*) workspace=${argument#*=} ;;
  esac
done
run build/release/bin/thexp ls --workspace "$workspace"
newest=$(find "$workspace" -mindepth 3 -maxdepth 3 -name run.json \
  -printf '%T@ %h\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
[ -n "$newest" ] || die "the training left no run in $workspace"
echo
echo "This run is in $newest:"
ls "$newest"
