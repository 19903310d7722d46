#!/bin/sh
# Compares a sentence with two others with grpcurl. (Embed answers in bytes,
# which JSON writes in base64.)
set -eu
grpcurl -plaintext \
  -d '{"text": "A dog runs on the beach.",
       "others": ["A puppy is playing by the sea.",
                  "Interest rates rose again."]}' \
  "${PARLEY_SERVER:-127.0.0.1:8470}" \
  parley.v1.EmbeddingService/Similarity
