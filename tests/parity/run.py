#!/usr/bin/env python3
"""Compares our tokenizers with Hugging Face's on texts over all of Unicode.

  run.py --program build/release/tests/tokenize_lines [FOLDER...]

Each folder holds a tokenizer.json; without any, those of variants.py are taken.
Ids and offsets of every text have to be the same, and so has the text that the
ids decode to; and of texts and pairs of texts in their templates, cut at either
side and by every strategy, ids, offsets, segments and which text each token is
of. Ends with status 1
where something differs, and prints the first few differences.
"""

import argparse
import itertools
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
# Of texts and pairs in templates: each batch has another limit.
ITEM_BATCH = 250
ITEM_STEP = 10
MAX_TOKENS = [6, 8, 13, 32, 7, 128, 9, 16, 24, 64, 11]
STRATEGIES = ["longest_first", "only_first", "only_second"]
# Texts are this much longer than a limit at most: Hugging Face's tokenizers also
# make what was cut off, of pairs each piece with each, in gigabytes.
MAX_CHARACTERS_PER_TOKEN = 2


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


def compare_texts(tokenizer, program, folder, all_texts):
    """Yields the differences of texts without special tokens around them."""
    for start in range(0, len(all_texts), BATCH):
        batch = all_texts[start : start + BATCH]
        tokenizer.no_truncation()
        answers = run_program(program, folder, [{"text": t} for t in batch])
        yield from differences(tokenizer, batch, answers)


def make_items(all_texts):
    """Some texts alone, and as many pairs of neighbours, in turns."""
    starts = range(0, len(all_texts) - 1, ITEM_STEP)
    return [
        tuple(all_texts[start : start + 1 + i % 2])
        for i, start in enumerate(starts)
    ]


def described(item, ours):
    """Our answer to an item in the words of Hugging Face's tokenizers."""
    ranges = list(zip(ours["texts"], ours["offsets"], strict=True))
    of_text = [
        iter(character_offsets(text, [r for index, r in ranges if index == i]))
        for i, text in enumerate(item)
    ]
    offsets = [
        (0, 0) if index < 0 else next(of_text[index])
        for index in ours["texts"]
    ]
    texts_of = [None if index < 0 else index for index in ours["texts"]]
    return ours["ids"], offsets, ours["segments"], texts_of


def limited(items):
    """Yields (limit, items that it is for): neighbours have the same."""
    lengths = itertools.cycle(MAX_TOKENS)
    sides = itertools.cycle(["right", "left"])
    strategies = itertools.cycle(STRATEGIES)
    for start in range(0, len(items), ITEM_BATCH):
        limit = {
            "max_tokens": next(lengths),
            "side": next(sides),
            "strategy": next(strategies),
        }
        most = MAX_CHARACTERS_PER_TOKEN * limit["max_tokens"]
        yield limit, [
            tuple(text[:most] for text in item)
            for item in items[start : start + ITEM_BATCH]
        ]


def encode_item(tokenizer, limit, item):
    """One item's encoding; none where a text alone may be cut and cannot."""
    # Of a text alone there is no other, which Hugging Face's take for an error.
    tokenizer.enable_truncation(
        limit["max_tokens"],
        strategy=limit["strategy"] if len(item) == 2 else STRATEGIES[0],
        direction=limit["side"],
    )
    try:
        return tokenizer.encode(*item)
    except Exception as error:  # They raise nothing more special.
        if "too short to respect" not in str(error):
            raise
        return None


def encode_items(tokenizer, limit, items):
    """Yields what Hugging Face's tokenizers make of items under a limit."""
    for item in items:
        encoding = encode_item(tokenizer, limit, item)
        if encoding is None:
            yield None
            continue
        yield (
            encoding.ids,
            encoding.offsets,
            encoding.type_ids,
            encoding.sequence_ids,
        )


def compare_items(tokenizer, program, folder, items):
    """Yields the differences of texts and pairs in their templates, cut."""
    # Some at a time, as the program has to read its files each time.
    for start in range(0, len(items), BATCH):
        batches = list(limited(items[start : start + BATCH]))
        answers = iter(
            run_program(
                program,
                folder,
                [
                    dict(zip(("text", "pair"), item), **limit)
                    for limit, batch in batches
                    for item in batch
                ],
            )
        )
        for limit, batch in batches:
            encodings = encode_items(tokenizer, limit, batch)
            for item, expected in zip(batch, encodings, strict=True):
                ours = next(answers)
                if "may be cut" in ours.get("error", ""):
                    ours = None
                elif "error" not in ours:
                    ours = described(item, ours)
                if ours != expected:
                    yield str(limit), item, ours, expected


def count_and_print(found):
    """Returns the number of differences, of which it prints the first few."""
    count = 0
    for kind, text, ours, theirs in found:
        count += 1
        if count <= MAX_PRINTED:
            print(f"  {kind} of {text!a}")
            print(f"    ours   {ours!a}\n    theirs {theirs!a}")
    return count


def compare(program, folder, all_texts):
    """Prints what is compared; returns the number of differences."""
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    of_texts = count_and_print(
        compare_texts(tokenizer, program, folder, all_texts)
    )
    items = make_items(all_texts)
    of_items = count_and_print(
        compare_items(tokenizer, program, folder, items)
    )
    print(
        f"{folder.name}: {len(all_texts)} texts, {of_texts} differences;"
        f" {len(items)} in templates and cut, {of_items} differences",
        flush=True,
    )
    return of_texts + of_items


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
            failed = compare(arguments.program, folder, all_texts) > 0 or failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
