#!/usr/bin/env bash
# Builds the image's runtime around the programs of a build, runs it as it is
# meant to be run (read-only, without privileges, not as root), and translates
# a sentence with the client in it. Leaves nothing behind.
#
#   tests/docker/image_test.sh BUILD_DIR
#
# Needs root, buildah, podman and runc; and, where PARLEY_TEST_BASE_IMAGE does
# not name a Debian 12 image at hand (any transport that buildah knows, such as
# docker-archive:base.tar), mmdebstrap and a Debian mirror. Ends with status 77
# and the reason where one of them is missing or the kernel refuses.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly build=${1:?usage: tests/docker/image_test.sh BUILD_DIR}
readonly image=localhost/parley-test

skip() {
  echo "skipped: $*"
  exit 77
}
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

for tool in buildah podman runc; do
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
    skip "$tool is not installed"
done
((EUID == 0)) || skip "not root, as building with chroot isolation wants it"
# shellcheck disable=SC1091
[[ $(. /etc/os-release && echo "$ID $VERSION_ID") == "debian 12" ]] ||
  skip "programs built here do not run in a Debian 12 image"

scratch=$(mktemp -d)
readonly scratch
readonly storage=(--root "$scratch/root" --runroot "$scratch/run"
  --storage-driver vfs)
run_pid=
clean_up() {
  local status=$?
  if [[ -n $run_pid ]]; then
    podman_ kill parley-test >/dev/null 2>&1 || true
    wait "$run_pid" 2>/dev/null || true
  fi
  rm -rf "$scratch"
  exit "$status"
}
trap clean_up EXIT

buildah_() { buildah "${storage[@]}" "$@"; }
podman_() {
  podman "${storage[@]}" --runtime "$(PATH=$PATH:/usr/sbin command -v runc)" \
    --cgroup-manager cgroupfs "$@"
}
# podman's options of a container that can do as little as possible.
readonly confined=(--network host --ulimit nofile=1024:1024
  --ulimit nproc=1024:1024 --read-only --cap-drop all
  --security-opt no-new-privileges --no-healthcheck)

make_base() {
  if [[ -n ${PARLEY_TEST_BASE_IMAGE:-} ]]; then
    base=$PARLEY_TEST_BASE_IMAGE
    return
  fi
  command -v mmdebstrap >/dev/null || skip "mmdebstrap is not installed"
  echo "-- making a Debian 12 base"
  mmdebstrap --quiet --variant=minbase bookworm "$scratch/base.tar" \
    >"$scratch/log" 2>&1 ||
    skip "no Debian base can be made here: $(tail -n 1 "$scratch/log")"
  local container
  container=$(buildah_ from scratch)
  buildah_ add --quiet "$container" "$scratch/base.tar" / >/dev/null
  buildah_ commit --quiet "$container" localhost/parley-test-base >/dev/null
  buildah_ rm "$container" >/dev/null
  rm "$scratch/base.tar"
  base=localhost/parley-test-base
}

# What is refused here is refused by the machine, not by our image.
check_machine() {
  local container
  container=$(buildah_ from --pull=never "$base" 2>"$scratch/log") ||
    container=$(buildah_ from "$base" 2>"$scratch/log") ||
    skip "no base image: $(tail -n 1 "$scratch/log")"
  buildah_ run --isolation chroot "$container" /bin/true 2>"$scratch/log" ||
    skip "buildah may not run here: $(tail -n 1 "$scratch/log")"
  buildah_ rm "$container" >/dev/null
  podman_ run --rm "${confined[@]}" "$base" /bin/true 2>"$scratch/log" ||
    skip "podman may not run here: $(tail -n 1 "$scratch/log")"
}

build_image() {
  echo "-- building the image"
  docker/collect.sh "$build" "$scratch/context/out"
  buildah_ build --quiet --isolation chroot --format docker \
    --build-arg "BASE_IMAGE=$base" --target runtime-prebuilt \
    -f docker/Dockerfile -t "$image" "$scratch/context" \
    >"$scratch/log" 2>&1 || {
    tail -n 30 "$scratch/log"
    fail "the image does not build"
  }
}

start_server() {
  echo "-- starting the server in it"
  # After the entrypoint's own flags, so these count: loopback, any port.
  podman_ run --name parley-test "${confined[@]}" "$image" \
    --listen=127.0.0.1 --grpc_port=0 --admin_port=0 --metrics_port=0 \
    --drain_delay=0 >"$scratch/out" 2>"$scratch/err" &
  run_pid=$!
  for _ in {1..900}; do
    grep -qs '^parley-server ready' "$scratch/out" && break
    kill -0 "$run_pid" 2>/dev/null || break
    sleep 0.2
  done
  grep '^parley-server ready' "$scratch/out" || {
    cat "$scratch/err"
    fail "the server in the image does not start"
  }
  address=$(sed -n 's/^parley-server ready: grpc \([^,]*\),.*/\1/p' \
    "$scratch/out")
  metrics_port=$(sed -n 's/.*, metrics 127\.0\.0\.1:\([0-9]*\),.*/\1/p' \
    "$scratch/out")
}

expect() { # what, got, wanted
  [[ $2 == "$3" ]] || fail "$1: '$2', expected '$3'"
  echo "   $1: $2"
}

make_base
check_machine
build_image
start_server
in_container() { podman_ exec parley-test "$@"; }
expect "user" "$(in_container id -u)" 10001
expect "health" "$(in_container parley health "--server=$address")" SERVING
# The sentence and its answer are in tests/goldens/translate/.
expect "translation" \
  "$(in_container parley translate "--server=$address" --source=en \
    --target=de 'A man in an orange hat starring at something.')" \
  'Ein Mann mit einem orangefarbenen Hut blickt auf etwas.'
exec 3<>"/dev/tcp/127.0.0.1/$metrics_port"
printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
expect "translations in its metrics" \
  "$(sed -n 's/^parley_requests_total{code="OK",method="Translate".*} //p' <&3)" \
  1
exec 3>&-
podman_ stop --time 40 parley-test >/dev/null
status=0
wait "$run_pid" || status=$?
run_pid=
expect "exit status after a stop" "$status" 0
