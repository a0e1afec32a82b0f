# Shared by the scripts beside it: sourced, not run.
# shellcheck shell=bash

# shellcheck disable=SC2034  # used by the scripts that source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n==> %s\n' "$*"; }
die() {
  printf '\nerror: %s\n' "$*" >&2
  exit 1
}

# Prints a command, then runs it.
run() {
  printf '+ %s\n' "$*"
  "$@"
}

# Compilers to run at once. A file that includes LibTorch takes up to 2 GB.
default_jobs() {
  local cores memory_gb
  cores=$(nproc)
  memory_gb=$(awk '/^MemTotal/ {print int($2 / 1000000)}' /proc/meminfo)
  if [ "$memory_gb" -lt 4 ]; then
    echo 1
  elif [ "$memory_gb" -lt 8 ] && [ "$cores" -gt 2 ]; then
    echo 2
  else
    echo "$cores"
  fi
}

# Prints the comment block at the top of the calling script: its help text.
usage() { sed -n '2,/^[^#]/ { s/^# \{0,1\}//p }' "$0"; }

# option_value FLAG [VALUE]: the value, or an error that names the flag.
option_value() {
  if [ $# -lt 2 ] || [ -z "$2" ]; then
    die "$1 needs a value; see $0 --help"
  fi
  printf '%s\n' "$2"
}

# Overridden by a script with flags of its own: own_flag FLAG, false = unknown.
own_flag() { false; }

# parse_arguments "$@" sets jobs, build (where the script has one) and extra
# (what follows --).
parse_arguments() {
  jobs=$(default_jobs)
  extra=()
  while [ $# -gt 0 ]; do
    case "$1" in
      -j) jobs=$(option_value "$@"); shift ;;
      -j*) jobs=${1#-j} ;;
      -B)
        [ -n "${build+set}" ] || die "unknown argument '-B'; see $0 --help"
        build=$(realpath -m "$(option_value "$@")")
        shift
        ;;
      --) shift; extra=("$@"); break ;;
      -h | --help) usage; exit 0 ;;
      *) own_flag "$1" || die "unknown argument '$1'; see $0 --help" ;;
    esac
    shift
  done
  [[ "$jobs" =~ ^[1-9][0-9]*$ ]] ||
    die "-j needs a number of at least 1, not '$jobs'"
}
