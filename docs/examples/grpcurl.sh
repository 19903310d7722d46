#!/bin/sh
# Translates a caption with grpcurl, which learns the service from the server.
set -eu
grpcurl -plaintext \
  -d '{"texts": ["A man is riding a bike."], "target_language": "de"}' \
  "${PARLEY_SERVER:-127.0.0.1:8470}" \
  parley.v1.TranslationService/Translate
