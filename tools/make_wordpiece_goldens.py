#!/usr/bin/env python3
"""Writes what Hugging Face's tokenizers makes of texts that are hard to clean.

    python tools/make_wordpiece_goldens.py --output tests/goldens/tokenizer

Each of its tokenizers cuts into single characters, so that ids and offsets show
all that normalizer and pre-tokenizer do; their vocabularies hold the characters
of these texts only. The lines are those of make_tiny_tokenizers.py. The
committed files were made with tokenizers 0.23.3 and transformers 5.23.0.
"""

import argparse
import json
import pathlib
import shutil

import tokenizers
from transformers import BertTokenizer

BERT = {
    "type": "BertNormalizer",
    "clean_text": True,
    "handle_chinese_chars": True,
    "strip_accents": None,
    "lowercase": True,
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

# Characters that changed between versions of Unicode, or stand at the edge of
# a range: one text of each, between letters.
EDGES = [
    0x00, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1B, 0x1C, 0x1F, 0x7F, 0x80,
    0x85, 0x9F, 0xA0, 0xA1, 0xA7, 0xAA, 0xAB, 0xAD, 0xB2, 0xB6, 0xB7, 0xBD,
    0xBF, 0x130, 0x131, 0x149, 0x17F, 0x1C5, 0x23A, 0x2BC, 0x344, 0x345,
    0x346, 0x34F, 0x37E, 0x387, 0x3A3, 0x3C2, 0x488, 0x55A, 0x5BE, 0x600,
    0x605, 0x61C, 0x66D, 0x6DD, 0x70F, 0x7FD, 0x85E, 0x890, 0x897, 0x898,
    0x8E2, 0x8E3, 0x903, 0x964, 0x9FE, 0xAFA, 0xC3C, 0xE33, 0xF0B, 0x10A0,
    0x10C7, 0x10D0, 0x10FB, 0x115F, 0x13A0, 0x13F8, 0x1680, 0x166D, 0x1734,
    0x1735, 0x17B4, 0x180B, 0x180E, 0x180F, 0x1885, 0x1886, 0x1AB0, 0x1ABF,
    0x1C80, 0x1C89, 0x1C90, 0x1CF2, 0x1CF4, 0x1DF6, 0x1E9B, 0x1E9E, 0x1FBC,
    0x1FEF, 0x2000, 0x200A, 0x200B, 0x200C, 0x200D, 0x200F, 0x2010, 0x2027,
    0x2028, 0x2029, 0x202A, 0x202F, 0x2044, 0x205F, 0x2060, 0x2064, 0x2065,
    0x2066, 0x20AC, 0x2126, 0x212A, 0x212B, 0x2160, 0x2183, 0x2C2F, 0x2CEF,
    0x2E2F, 0x2E43, 0x2E4A, 0x2FFF, 0x3000, 0x3005, 0x3007, 0x302A, 0x303D,
    0x3042, 0x3099, 0x309B, 0x30A2, 0x30FB, 0x3131, 0x33FF, 0x3400, 0x4DB5,
    0x4DBF, 0x4DC0, 0x4DFF, 0x4E00, 0x9FD5, 0x9FFC, 0x9FFF, 0xA000, 0xA66F,
    0xA6FF, 0xA7AE, 0xA7CB, 0xA7CE, 0xA7D2, 0xA7DC, 0xA8FD, 0xA9BD, 0xAB53,
    0xAC00, 0xD7A3, 0xE000, 0xE001, 0xF8FF, 0xF900, 0xFA0E, 0xFAFF, 0xFB1E,
    0xFB1F, 0xFD3E, 0xFDFA, 0xFE00, 0xFE0F, 0xFE10, 0xFE4F, 0xFEFF, 0xFF01,
    0xFF21, 0xFF9E, 0xFFF9, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x101FD,
    0x10400, 0x104B0, 0x10570, 0x10C80, 0x10D50, 0x10EFD, 0x1107F, 0x110BD,
    0x110CD, 0x11130, 0x11134, 0x1123E, 0x111C9, 0x111CD, 0x1145B, 0x11938,
    0x118A0, 0x12470, 0x13430, 0x1BCA0, 0x16E40, 0x16EA0, 0x16FF1, 0x1CF00,
    0x1D15E, 0x1D165, 0x1D16D, 0x1D173, 0x1D400, 0x1DA8B, 0x1E000, 0x1E8D0,
    0x1E900, 0x1E94A, 0x1F1E6, 0x1F468, 0x1F600, 0x1F8FF, 0x20000, 0x2A6D6,
    0x2A6DF, 0x2A6E0, 0x2A700, 0x2B73F, 0x2B740, 0x2B81F, 0x2B820, 0x2B91F,
    0x2B920, 0x2CEAF, 0x2CEB0, 0x2F800, 0x2FA1F, 0x2FA20, 0x30000, 0xE0001,
    0xE007F, 0xE0100, 0xF0000, 0xFFFFD, 0xFFFFE, 0x10FFFD, 0x10FFFF,
]

TEXTS = [
    "", " ", "\t\n\r", "\u200b", "\u0301", " \u0301 ", "\ufffd\ufffd", "\x00",
    "a", "A", " a", "a ", "  a  b  ", "a\u00a0b", "a\u3000b\u2003c", "a\x1cb",
    "caf\u00e9 cafe\u0301 CAF\u00c9", "e\u0301\u0301\u0302", "\u0301e\u0301",
    "a\u0323\u0302 a\u0302\u0323 \u1ead", "o\u031b\u0323 \u1ee3 \u01a1\u0323",
    "\u0344a\u0344\u0323", "a\u0344\u0323\u0345b", "\u1fb7 \u03b1\u0345\u0342",
    "\u0958 \u0915\u093c", "\u0f73\u0f71\u0f72", "\u0e33 \u0e4d\u0e32",
    "\u1100\u1161\u11a8 \uac01 \uac00\u11a8", "\u3131\u314f", "\ud55c\uad6d",
    "\uff8a\uff9e \u30cf\u3099 \u30d0", "\ufb01 \ufb03 \ufdfa \u3300 \u33a5",
    "\u0130stanbul \u0131 I \u0049\u0307", "STRASSE stra\u00dfe \u1e9e",
    "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3 \u03a3", "\u01c4\u01c5\u01c6",
    "\u10a0\u2d00 \u10d0\u1c90", "\u13a0\uab70\u13f8", "\ua64a\u1c88\ua64b",
    "don't can't 'tis rock'n'roll", "a.b,c;d:e!f?g", "...---...", "#hash ##x",
    "$5+3=8 ^_^ `x` |y| ~z <w>", "\u00a75 \u00b6 \u2020 \u2030 \u20ac5",
    "\u00abx\u00bb \u201cy\u201d \u300cz\u300d", "\u2026 \u2014 \u2013 \u2010",
    "\u4e2d\u6587abc\u4e2d", "x\u3400\u4dbf\u4dc0y", "\u3042\u30a2\u4e00",
    "\uf900\u8c48 \ufa0e", "\U00020000\U0002a6df\U0002a6e0\U0002b820",
    "\U0002b91f\U0002b920\U0002f800\u4e3d", "\u3007\u3005\u303b",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd",
    "\u2764\ufe0f 1\ufe0f\u20e3 \U0001f1e9\U0001f1ea", "\U000e0041x\U000e007f",
    "\u202bRTL\u202c \u061c \u2066x\u2069", "soft\u00adhyphen", "\ufeffbom",
    "\u05e2\u05b4\u05d1\u05b0\u05e8\u05b4\u05d9\u05ea", "\u0627\u0644\u0639",
    "\u0639\u064e\u0631\u064e", "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u1019\u103c\u1014\u103a",
    "\u0b95\u0bca \u0b95\u0bc6\u0bbe", "\u1026 \u1025\u102e", "\u1b06",
    "\U0001d15e \U0001d157\U0001d165", "\U000110a5\U000110ba", "\U00011938",
    "\u212a \u212b \u2126 \u1fef \u037e \u0387", "\u2000\u2001\u2002",
    "[MASK]", "a[MASK]b", "[MASK][MASK]", "[mask]", "[MASK", "[ MASK ]",
    "[CLS] a [SEP]", "\u00c9[SEP]\u0301a", "[UNK][PAD]x[[MASK]]", "[MA\u0301SK]",
    "a" * 100, "a" * 101, "\u00e9" * 100, "e\u0301" * 51, "\u4e00" * 101,
    "a" * 60 + "." + "b" * 60, "a" + "\u0301" * 150, "\U0001f600" * 101,
    "x\u0000y\u0001z\u0008", "\x7f\x80\x9f\u0085q", "\ue000a\uf8ffb\U000f0001c",
    "a\u2028b\u2029c\u000bd\u000ce", "\u180ex\u180e", "\u1885a\u1734b\u111c",
]


def texts():
    characters = [chr(c) for c in EDGES]
    between = [f"a{c}b {c} {c}" for c in characters]
    rows = ["".join(characters[i : i + 9]) for i in range(0, len(EDGES), 9)]
    return TEXTS + between + rows


def step(name, **options):
    return {"type": name, **options}


# Normalizer and pre-tokenizer by name; "Sequence" where there are several.
TOKENIZERS = {
    "wordpiece": ([BERT], [step("BertPreTokenizer")]),
    "wordpiece_cased": (
        [{**BERT, "lowercase": False}],
        [step("BertPreTokenizer")],
    ),
    "wordpiece_nfc": (
        [step("NFC"), step("Lowercase")],
        [step("Whitespace"), step("Digits", individual_digits=True)],
    ),
    "wordpiece_nfkd": (
        [
            step("NFKD"),
            step("StripAccents"),
            step("Strip", strip_left=True, strip_right=True),
            step("Replace", pattern={"Regex": r"\s{2,}"}, content="  "),
            step("Prepend", prepend="_"),
        ],
        [
            step("WhitespaceSplit"),
            step("Punctuation", behavior="MergedWithPrevious"),
        ],
    ),
}


def added_tokens(vocab):
    flags = {"single_word": False, "lstrip": False, "rstrip": False}
    tokens = [
        {"id": vocab[t], "content": t, **flags, "normalized": False, "special": True}
        for t in SPECIAL
    ]
    tokens[-1]["lstrip"] = True
    return tokens


def tokenizer_json(vocab, normalizers, pre_tokenizers):
    special = {
        token: {"id": token, "ids": [vocab[token]], "tokens": [token]}
        for token in ("[CLS]", "[SEP]")
    }

    def piece(name, segment):
        if name in "AB":
            return {"Sequence": {"id": name, "type_id": segment}}
        return {"SpecialToken": {"id": name, "type_id": segment}}

    single = [piece("[CLS]", 0), piece("A", 0), piece("[SEP]", 0)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added_tokens(vocab),
        "normalizer": step("Sequence", normalizers=normalizers),
        "pre_tokenizer": step("Sequence", pretokenizers=pre_tokenizers),
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": single + [piece("B", 1), piece("[SEP]", 1)],
            "special_tokens": special,
        },
        "decoder": step("WordPiece", prefix="##", cleanup=True),
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    }


def load(data):
    return tokenizers.Tokenizer.from_str(json.dumps(data))


def make_vocab(normalizers, pre_tokenizers):
    """Each character that a word has: as its first, and as a later one."""
    bare = load(
        tokenizer_json({t: i for i, t in enumerate(SPECIAL)}, normalizers, [])
    )
    characters = sorted(
        {c for text in texts() for c in bare.normalizer.normalize_str(text)}
    )
    # Some have to be unknown.
    characters = [c for c in characters if c != "\u2020"]
    pieces = SPECIAL + characters + ["##" + c for c in characters]
    pieces += ["cafe", "##fe", "str", "##asse", "'", "don"]
    return {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}


def byte_offsets(text, encoding):
    ends = [0]
    for character in text:
        ends.append(ends[-1] + len(character.encode()))
    return [[ends[begin], ends[end]] for begin, end in encoding.offsets]


def write_goldens(tokenizer, path):
    items = []
    for text in texts():
        encoding = tokenizer.encode(text, add_special_tokens=False)
        items.append(
            {
                "text": text,
                "ids": encoding.ids,
                "offsets": byte_offsets(text, encoding),
            }
        )
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        items.append({"text": text, "decoded": decoded})
    for text, pair in [("a b", None), ("", None), ("a b", "c"), ("", "")]:
        encoding = tokenizer.encode(text, pair)
        items.append(
            {
                "text": text,
                "pair": pair,
                "ids": encoding.ids,
                "segments": encoding.type_ids,
            }
        )
    lines = [json.dumps(item, separators=(",", ":")) + "\n" for item in items]
    path.write_text("".join(lines), encoding="utf-8")


def new_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def make_classic(output, vocab):
    folder = new_folder(output / "wordpiece_classic")
    # White space is cut off at the ends of lines.
    pieces = [piece for piece in vocab if piece == piece.strip()]
    (folder / "vocab.txt").write_bytes("".join(p + "\n" for p in pieces).encode())
    config = {"do_lower_case": True, "strip_accents": False}
    config.update(tokenizer_class="BertTokenizer", model_max_length=64)
    (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n")
    tokenizer = BertTokenizer.from_pretrained(folder).backend_tokenizer
    write_goldens(tokenizer, output / "wordpiece_classic.jsonl")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    output = parser.parse_args().output
    for name, (normalizers, pre_tokenizers) in TOKENIZERS.items():
        vocab = make_vocab(normalizers, pre_tokenizers)
        data = tokenizer_json(vocab, normalizers, pre_tokenizers)
        text = json.dumps(data, separators=(",", ":"))
        (new_folder(output / name) / "tokenizer.json").write_text(text)
        write_goldens(load(data), output / f"{name}.jsonl")
    make_classic(output, make_vocab(*TOKENIZERS["wordpiece"]))


if __name__ == "__main__":
    main()
