#!/usr/bin/env bash
# Packs what scripts/gpu_check.sh needs on a machine with a GPU, which often has
# no package manager and no network: Debian's packages of the libraries that
# thexp uses, unpacked into one folder (about 7 MB). Needs Debian and a network.
#
#   scripts/gpu_prepare.sh [FOLDER]
#
#   FOLDER   default: build/gpu-deps
#
# Take FOLDER along with the repository; it may be moved.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "$0")/common.sh"

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  -*) die "unknown argument '$1'; see $0 --help" ;;
esac
folder=$(realpath -m "${1:-$ROOT/build/gpu-deps}")

packages=(
  libfmt-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev catch2
  libprotozero-dev zlib1g-dev libutf8proc-dev libdeflate-dev
  libxxhash-dev
)

# The shared libraries that belong to them, but libc's own packages.
runtime_of() {
  apt-cache depends --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces "$@" |
    sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\|zlib1g\)$/\1/p' |
    grep -v -- '-dev$' | sort -u
}

command -v apt-get >/dev/null || die "this needs Debian's apt-get"
say "Packages"
mapfile -t runtime < <(runtime_of "${packages[@]}")
downloads=$(mktemp -d)
trap 'rm -rf "$downloads"' EXIT
chmod 755 "$downloads"
(cd "$downloads" && run apt-get download -q "${packages[@]}" "${runtime[@]}")

say "Unpacking into $folder"
rm -rf "$folder"
mkdir -p "$folder"
for file in "$downloads"/*.deb; do dpkg -x "$file" "$folder"; done
rm -rf "$folder"/usr/share/{doc,man,lintian,bug}
# Links that lead out of the folder; and where there is a static library that
# CMake finds by its name, a program takes that and depends on nothing.
find "$folder" -type l -lname '/*' -delete
find "$folder" \( -name 'libz.so*' -o -name 'libdeflate.so*' \
  -o -name 'libutf8proc.so*' \) -delete
du -sh "$folder"

say "Done"
cat <<TEXT
Take ${folder#"$ROOT"/} and the repository to the machine with the GPU; there:

  scripts/gpu_check.sh --deps=${folder#"$ROOT"/}
TEXT
