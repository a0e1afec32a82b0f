#!/usr/bin/env bash
# Builds and tests this checkout on Debian 13 (LibTorch 2.6, Catch2 3, fmt 10,
# yaml-cpp 0.8), in a chroot kept outside the repository.
#
#   scripts/compat.sh [trixie|bookworm] [-j N] [--shell] [-- arguments]
#
#   bookworm      a fresh Debian 12 instead: shows that the set-up is complete
#   -j N          compilers at once
#   --shell       a shell in the chroot instead of the tests
#   -- arguments  given to scripts/test.sh there
#
# THEXP_COMPAT_DIR     where the chroot, its build and its ccache live
#                      (default: ~/.cache/thexp-compat)
# THEXP_DEBIAN_MIRROR  the mirror (default: the one that apt uses here)
#
# Needs root and about 5 GB a system. A second run reuses everything. The mounts live in
# a namespace of their own, so nothing is left mounted, however this ends.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

suite=trixie
shell=false
own_flag() {
  case "$1" in
    trixie | bookworm) suite=$1 ;;
    --shell) shell=true ;;
    *) false ;;
  esac
}
parse_arguments "$@"

[ "$(id -u)" -eq 0 ] ||
  die "debootstrap and chroot need root: sudo --preserve-env=HOME $0"
command -v unshare >/dev/null || die "unshare is missing (package util-linux)"

cache=${THEXP_COMPAT_DIR:-$HOME/.cache/thexp-compat}
root=$cache/$suite
case "$cache/" in
  "$ROOT"/*) die "THEXP_COMPAT_DIR=$cache lies inside the repository" ;;
esac

# The address that apt here takes Debian's main archive from.
# shellcheck disable=SC2016  # apt-get expands it
apt_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Label: Debian' 2>/dev/null | head -n 1
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    awk '$1 == "deb" {for (i = 2; i <= NF; i++)
           if ($i ~ /:\/\/.*\/debian\/?$/) print $i}'
  sed -n 's/^URIs: *\([^ ]*\/debian\/\{0,1\}\)$/\1/p' \
    /etc/apt/sources.list.d/*.sources 2>/dev/null
}

use_apt_proxy() {
  local proxy=''
  eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null || true)"
  if [ -n "$proxy" ]; then export http_proxy=$proxy; fi
}

make_chroot() {
  if [ -e "$root/.thexp-complete" ]; then
    echo "using $root"
    return
  fi
  if ! command -v debootstrap >/dev/null; then
    run apt-get update -q
    run apt-get install -y -q --no-install-recommends debootstrap
  fi
  local mirror=${THEXP_DEBIAN_MIRROR:-$(apt_mirror | head -n 1)}
  [ -n "$mirror" ] || die "found no Debian mirror in /etc/apt:" \
    "set THEXP_DEBIAN_MIRROR to one"
  mkdir -p "$root"
  run debootstrap --variant=minbase --include=ca-certificates \
    "$suite" "$root" "$mirror"
  touch "$root/.thexp-complete"
}

# Runs inside the mount namespace: mounts, then changes root.
enter_chroot() {
  mount --bind "$ROOT" "$root/thexp"
  mount -o remount,bind,ro "$root/thexp"
  mount --bind "$cache/build-$suite" "$root/build"
  mount --bind "$cache/ccache" "$root/ccache"
  mount --rbind /dev "$root/dev"
  mount --rbind /sys "$root/sys"
  mount -t proc proc "$root/proc"
  exec chroot "$root" /usr/bin/env HOME=/root LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    CCACHE_DIR=/ccache TERM="${TERM:-dumb}" "$@"
}

in_chroot() {
  export ROOT root cache suite
  export -f enter_chroot
  unshare --mount --propagation private --pid --fork --kill-child \
    bash -euc 'enter_chroot "$@"' bash "$@"
}

say "Debian $suite in $root"
use_apt_proxy
make_chroot
mkdir -p "$root/thexp" "$root/build" "$root/ccache" \
  "$cache/build-$suite" "$cache/ccache"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"

if $shell; then
  in_chroot bash
  exit
fi

say "Packages"
in_chroot /thexp/scripts/install-deps.sh
say "Versions"
# shellcheck disable=SC2016  # dpkg-query expands it
in_chroot dpkg-query -W -f '${Package} ${Version}\n' g++ cmake libtorch-dev \
  catch2 libfmt-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev
in_chroot /thexp/scripts/test.sh --no-install -B /build/release -j "$jobs" \
  "${extra[@]}"
