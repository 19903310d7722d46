"""Writes a MarianMT directory with tokenizer files in CTranslate2's format.

A process of its own, so that a server does not hold what only this takes.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

# CTranslate2 imports torch where it is installed, and has no use for it here.
sys.modules["torch"] = None
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
