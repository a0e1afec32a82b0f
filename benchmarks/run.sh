#!/usr/bin/env bash
# All benchmarks, one table each; see run.py --help.
set -euo pipefail
exec python3 "$(dirname "$0")/run.py" "$@"
