#!/usr/bin/env bash
# clang-format and clang-tidy, without changing anything.
#
#   tools/lint.sh BUILD_DIR [all]
#
# Formatting is checked in all C++ files; clang-tidy, which is slow, runs on
# those that differ from the branch's start (from main, or from the last commit
# where that is main), or with "all" on every one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly build=${1:?usage: tools/lint.sh BUILD_DIR [all]}
readonly scope=${2:-changed}
[[ $scope == all || $scope == changed ]] || {
  echo "lint: expected all or nothing, not '$scope'" >&2
  exit 2
}
[[ -f $build/compile_commands.json ]] || {
  echo "lint: $build has no compile_commands.json: run make build" >&2
  exit 2
}

mapfile -t files < <(
  git ls-files --cached --others --exclude-standard '*.cc' '*.h' | sort -u)
clang-format --dry-run --Werror "${files[@]}"
echo "lint: ${#files[@]} files are formatted"

if [[ $scope == changed ]]; then
  base=$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)
  mapfile -t files < <(
    {
      git diff --name-only --diff-filter=d "$base" -- '*.cc'
      git ls-files --others --exclude-standard '*.cc'
    } | sort -u)
else
  mapfile -t files < <(printf '%s\n' "${files[@]}" | grep '\.cc$')
fi
# Only what this build compiles: its flags are known.
mapfile -t files < <(
  for file in "${files[@]}"; do
    if grep -qF "/$file\"" "$build/compile_commands.json"; then
      printf '%s\n' "$file"
    fi
  done)
if ((${#files[@]} == 0)); then
  echo "lint: no source to run clang-tidy on"
  exit 0
fi
# Generated headers have to be there.
cmake --build "$build" --target parley_proto >/dev/null
status=0
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet \
    2> >(grep -v 'warnings\? generated' >&2) ||
  status=$?
((status == 0)) || {
  echo "lint: clang-tidy is not content" >&2
  exit 1
}
echo "lint: clang-tidy finds nothing in ${#files[@]} files"
