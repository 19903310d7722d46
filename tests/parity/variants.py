"""Makes the tokenizers that are compared: folders with a tokenizer.json.

WordPiece comes from all-MiniLM-L6-v2, as it is and cased; small changes of it
reach the other steps; the tokenizers of the reference answers come as they are.
"""

import json
import pathlib

ROOT = pathlib.Path(__file__).parents[2]
MINILM = ROOT / ".deps/models/all-MiniLM-L6-v2"
GOLDENS = ROOT / "tests/goldens/tokenizer"


def write(folder, name, data):
    path = folder / name
    path.mkdir()
    text = json.dumps(data, ensure_ascii=False)
    (path / "tokenizer.json").write_text(text, encoding="utf-8")
    return path


def minilm():
    path = MINILM / "tokenizer.json"
    if not path.exists():
        raise SystemExit(f"{path} is missing: run tools/setup.sh")
    return json.loads(path.read_text(encoding="utf-8"))


def wordpiece(folder):
    """Yields the folders of WordPiece tokenizers."""
    uncased = minilm()
    yield write(folder, "wordpiece-uncased", uncased)
    cased = minilm()
    cased["normalizer"].update(lowercase=False, strip_accents=False)
    yield write(folder, "wordpiece-cased", cased)


def character_vocabulary():
    """Every character that steps may tell from another is a piece."""
    characters = [chr(c) for c in range(0x20000) if not 0xD800 <= c < 0xE000]
    characters += [chr(c) for c in range(0xE0000, 0xE0200)]
    vocab = {"[UNK]": 0}
    for character in characters:
        for piece in (character, "##" + character):
            vocab.setdefault(piece, len(vocab))
    return vocab


def bert_normalizer(**changes):
    options = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    }
    return {**options, **changes}


def sequence(key, *steps):
    return {"type": "Sequence", key: list(steps)}


def step(name, **options):
    return {"type": name, **options}


def split(pattern, behavior, invert=False):
    return step("Split", pattern=pattern, behavior=behavior, invert=invert)


# Normalizer and pre-tokenizer of tokenizers that cut into characters, so that
# all of what the steps do is seen in the ids.
STEPS = {
    "bert": (bert_normalizer(), step("BertPreTokenizer")),
    "bert-accents-only": (
        bert_normalizer(
            clean_text=False,
            handle_chinese_chars=False,
            strip_accents=True,
            lowercase=False,
        ),
        step("WhitespaceSplit"),
    ),
    "nfc": (step("NFC"), step("Whitespace")),
    "nfd-lowercase": (
        sequence("normalizers", step("NFD"), step("Lowercase")),
        step("Punctuation", behavior="Contiguous"),
    ),
    "nfkc-strip": (
        sequence(
            "normalizers",
            step("NFKC"),
            step("Strip", strip_left=True, strip_right=True),
            step("Nmt"),
        ),
        sequence(
            "pretokenizers",
            step("Digits", individual_digits=False),
            step("Punctuation", behavior="MergedWithPrevious"),
        ),
    ),
    "nfkd-strip-accents": (
        sequence("normalizers", step("NFKD"), step("StripAccents")),
        sequence(
            "pretokenizers",
            step("Punctuation", behavior="MergedWithNext"),
            step("Digits", individual_digits=True),
        ),
    ),
    "replace": (
        sequence(
            "normalizers",
            step("Replace", pattern={"Regex": r"\s+"}, content=" "),
            step("Replace", pattern={"String": "a"}, content="ää"),
            step("Prepend", prepend="▁"),
        ),
        sequence(
            "pretokenizers",
            split({"String": " "}, "MergedWithPrevious"),
            split({"Regex": "[a-z]+|[0-9]{1,3}"}, "Isolated", invert=True),
        ),
    ),
}

ADDED = [
    {"content": "[MASK]", "special": True, "lstrip": True},
    {"content": "[SEP]", "special": True, "rstrip": True},
    {"content": "[CLS]", "special": True, "single_word": True},
    {"content": "<S>", "normalized": True},
    {"content": "É", "normalized": True, "single_word": True},
    {"content": "the", "normalized": True, "lstrip": True, "rstrip": True},
    {"content": "##ing", "normalized": False},
]


def added_tokens(first_id):
    defaults = {
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": False,
    }
    return [
        {"id": first_id + i, **defaults, **token} for i, token in enumerate(ADDED)
    ]


def character_pieces(folder):
    """Yields the folders of tokenizers that cut into characters."""
    vocab = character_vocabulary()
    for name, (normalizer, pre_tokenizer) in STEPS.items():
        data = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": added_tokens(len(vocab)),
            "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer,
            "post_processor": None,
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {
                "type": "WordPiece",
                "unk_token": "[UNK]",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 1000,
                "vocab": vocab,
            },
        }
        yield write(folder, "characters-" + name, data)


def trained():
    """Returns the folders of byte-level BPE and unigram tokenizers."""
    return sorted(path.parent for path in GOLDENS.glob("*/tokenizer.json"))


def make(folder):
    """Returns the folders: some come with the project, `folder` has the rest."""
    return [*wordpiece(folder), *character_pieces(folder), *trained()]
