#!/usr/bin/env bash
# Starts a server with the translation model that comes with Parley and the
# embedding model that tools/setup.sh fetches, calls both with the client, and
# stops the server.
#
#   tools/demo.sh BIN_DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly bin=${1:?usage: tools/demo.sh BIN_DIR}
scratch=$(mktemp -d)
readonly scratch
server_pid=
stop() {
  local status=$?
  if [[ -n $server_pid ]]; then
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" || true
  fi
  rm -rf "$scratch"
  exit "$status"
}
trap stop EXIT

# These two alone, whatever else lies in models/. Any free port.
"$bin/parley-server" --grpc_port=0 --admin_port=off --metrics_port=off \
  --drain_delay=0 \
  --models=demo=models/demo,all-MiniLM-L6-v2=.deps/models/all-MiniLM-L6-v2 \
  >"$scratch/out" 2>"$scratch/log" &
server_pid=$!
for _ in {1..300}; do
  grep -qs '^parley-server ready' "$scratch/out" && break
  kill -0 "$server_pid" 2>/dev/null || break
  sleep 0.2
done
grep '^parley-server ready' "$scratch/out" || {
  cat "$scratch/log" >&2
  echo "demo: the server did not start" >&2
  exit 1
}
address=$(sed -n 's/^parley-server ready: grpc \([^,]*\),.*/\1/p' "$scratch/out")
export PARLEY_SERVER=$address

# from, to, sentence
translate() {
  printf '  %s  %s\n' "$1" "$3"
  printf '  %s  %s\n\n' "$2" \
    "$("$bin/parley" translate --source="$1" --target="$2" "$3")"
}

cat <<'TEXT'

Translations over gRPC. The model is a small one that was trained on captions
of pictures: it knows those and nothing else.

TEXT
translate en de 'A man in a blue shirt is standing on a ladder cleaning a window.'
translate en fr 'Two dogs are playing in the snow.'
translate de en 'Eine Frau sitzt auf einer Bank und liest ein Buch.'

# sentence, others
compare() {
  printf '  %s\n' "$1"
  "$bin/parley" similarity --text="$1" "${@:2}" | sed 's/^/    /'
}

cat <<'TEXT'
Embeddings: a sentence becomes a vector, and vectors are close where meanings
are, whatever the words. The cosine, 1 at most, of the first and each of the
others:

TEXT
compare 'A dog runs on the beach.' \
  'Interest rates rose again.' 'A puppy is playing by the sea.' \
  'A cat sleeps on the sofa.'

cat <<TEXT

To go on by yourself:
  make serve
  $bin/parley translate --target=fr "A girl is riding a horse."
  $bin/parley embed --output=json "A girl is riding a horse."
TEXT
