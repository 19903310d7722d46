"""Writes a MarianMT directory with tokenizer files in CTranslate2's format.

A process of its own: what CTranslate2 converts with (torch among it) does not
bear to be in one with a running gRPC server.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import ctranslate2_peer  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("converted", type=pathlib.Path)
    args = parser.parse_args()
    words = json.loads((args.model / "vocab.json").read_text())
    ctranslate2_peer.convert(args.model, args.converted,
                             sorted(words, key=words.get))


if __name__ == "__main__":
    main()
