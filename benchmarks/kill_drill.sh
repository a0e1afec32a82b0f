#!/usr/bin/env bash
# N random kills of each example; see kill_drill.py.
set -euo pipefail
exec python3 "$(dirname "$0")/kill_drill.py" "$@"
