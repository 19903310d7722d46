#!/usr/bin/env python3
"""Compares our tokenizers with Hugging Face's on texts over all of Unicode.

  run.py --program build/release/tests/tokenize_lines [FOLDER...]

Each folder holds a tokenizer.json; without any, those of variants.py are taken. Ids and offsets of every text have to be the same, and so has the text
that the ids decode to. Ends with status 1 where something differs, and prints
the first few differences.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import tokenizers  # noqa: E402

import texts  # noqa: E402
import variants  # noqa: E402

SEED = 20240229
MAX_PRINTED = 5
BATCH = 20_000


def run_program(program, folder, lines):
    """Returns the program's answers to `lines`."""
    request = "\n".join(json.dumps(line) for line in lines) + "\n"
    result = subprocess.run(
        [program, str(folder)],
        input=request.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return [json.loads(line) for line in result.stdout.decode().split("\n")[:-1]]


def character_offsets(text, ranges):
    """Byte ranges in characters, as Hugging Face's tokenizers convert them."""
    index = []
    for i, character in enumerate(text):
        index.extend([i] * len(character.encode()))
    converted = []
    for begin, end in ranges:
        if begin == end == len(index):
            # All of it was white space and is left out of its offsets, which
            # theirs count in characters by then.
            converted.append((len(text), len(text)))
        elif begin >= len(index):
            converted.append((begin, end))
        elif end < len(index):
            converted.append((index[begin], index[end]))
        else:
            last = index[end - 1] if end - 1 < len(index) else index[begin]
            converted.append((index[begin], last + 1))
    return converted


def differences(tokenizer, batch, answers):
    """Yields (what differs, text, ours, theirs)."""
    encodings = tokenizer.encode_batch(batch, add_special_tokens=False)
    for text, theirs, ours in zip(batch, encodings, answers, strict=True):
        if ours.get("ids") != theirs.ids:
            yield "ids", text, ours, theirs.ids
            continue
        offsets = character_offsets(text, ours["offsets"])
        if offsets != theirs.offsets:
            yield "offsets", text, offsets, theirs.offsets
        decoded = tokenizer.decode(theirs.ids, skip_special_tokens=False)
        if ours["decoded"] != decoded:
            yield "decoded text", text, ours["decoded"], decoded


def compare(program, folder, all_texts):
    """Returns the number of differences."""
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    count = 0
    for start in range(0, len(all_texts), BATCH):
        batch = all_texts[start : start + BATCH]
        answers = run_program(program, folder, [{"text": t} for t in batch])
        for kind, text, ours, theirs in differences(tokenizer, batch, answers):
            count += 1
            if count <= MAX_PRINTED:
                print(f"  {kind} of {text!a}")
                print(f"    ours   {ours!a}\n    theirs {theirs!a}")
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    all_texts = list(texts.generate(arguments.count, arguments.seed))
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        folders = arguments.folders or variants.make(pathlib.Path(scratch))
        for folder in folders:
            count = compare(arguments.program, folder, all_texts)
            failed = failed or count > 0
            print(
                f"{folder.name}: {len(all_texts)} texts, {count} differences",
                flush=True,
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
