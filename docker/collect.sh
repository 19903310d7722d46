#!/usr/bin/env bash
# Copies what an image holds of Parley into a folder, as it lies in the image.
#
#   docker/collect.sh BUILD_DIR DESTINATION
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ $# == 2 ]] || {
  echo "usage: docker/collect.sh BUILD_DIR DESTINATION" >&2
  exit 2
}
readonly build=$1 destination=$2
# The oneDNN that this build was linked with.
onednn=$(ldd "$build/bin/parley-server" | awk '$1 == "libdnnl.so.3" {print $3}')
[[ -f $onednn ]] || {
  echo "collect: $build/bin/parley-server finds no libdnnl.so.3" >&2
  exit 1
}
for program in parley-server parley; do
  install -D -m 755 "$build/bin/$program" "$destination/usr/local/bin/$program"
  strip "$destination/usr/local/bin/$program"
done
install -D -m 644 "$onednn" "$destination/usr/local/lib/parley/libdnnl.so.3"
install -D -m 644 LICENSE "$destination/usr/local/share/doc/parley/LICENSE"
mkdir -p "$destination/models"
cp -r models/demo "$destination/models/demo"
chmod -R a+rX "$destination"
