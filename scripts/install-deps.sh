#!/usr/bin/env bash
# Installs what thexp needs on Debian 12 or 13, OpenBLAS included.
#
#   scripts/install-deps.sh [--build]
#
#   --build   only what building and running needs: no test tools, no Python
#
# Runs apt-get only when a package is missing, so a second run changes nothing.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

BUILD_PACKAGES=(
  cmake ninja-build g++ ccache pkg-config git ca-certificates
  libtorch-dev libopenblas0-pthread
  libyaml-cpp-dev libfmt-dev nlohmann-json3-dev libcli11-dev zlib1g-dev
  libprotozero-dev libutf8proc-dev libdeflate-dev
  libgit2-dev libxxhash-dev libarchive-dev
)
TEST_PACKAGES=(
  catch2 tmux procps
  python3 python3-torch python3-numpy
)

only_build=false
while [ $# -gt 0 ]; do
  case "$1" in
    --build) only_build=true ;;
    -h | --help) usage; exit 0 ;;
    *) die "unknown argument '$1'; see $0 --help" ;;
  esac
  shift
done

packages=("${BUILD_PACKAGES[@]}")
$only_build || packages+=("${TEST_PACKAGES[@]}")

check_system() {
  local id='' version='' name='this system'
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
    name=$(. /etc/os-release && echo "${PRETTY_NAME:-this system}")
  fi
  case "$id $version" in
    'debian 12') packages+=(clang-format-14) ;;  # what format.sh uses
    'debian 13') ;;
    *) die "$name is not Debian 12 or 13. Install the equivalents of these" \
         "packages yourself, then run the other scripts with --no-install:" \
         "${packages[*]}" ;;
  esac
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    run "$@"
  else
    command -v sudo >/dev/null ||
      die "installing needs root: run this as root, or install sudo"
    run sudo "$@"
  fi
}

install_missing() {
  local missing=() package
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "all ${#packages[@]} packages are installed"
    return
  fi
  echo "missing: ${missing[*]}"
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends "${missing[@]}"
}

# Debian's reference BLAS is 7 to 25 times slower than OpenBLAS.
select_openblas() {
  local name current library
  for name in $(update-alternatives --get-selections |
                awk '$1 ~ /^lib(blas|lapack)\.so\.3-/ {print $1}'); do
    current=$(update-alternatives --query "$name" | sed -n 's/^Value: //p')
    library=$(update-alternatives --list "$name" | grep openblas-pthread) ||
      die "OpenBLAS is installed, yet it offers no $name"
    case "$current" in
      *openblas*) echo "$name is OpenBLAS" ;;
      *) as_root update-alternatives --set "$name" "$library" ;;
    esac
  done
}

say "Packages"
check_system
install_missing
say "BLAS"
select_openblas
