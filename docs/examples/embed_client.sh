#!/bin/sh
# Embeds sentences with Parley's own client, and orders them by likeness.
set -eu
parley embed "A dog runs on the beach."
parley similarity --text="A dog runs on the beach." \
  "Interest rates rose again." "A puppy is playing by the sea."
