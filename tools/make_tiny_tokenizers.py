#!/usr/bin/env python3
"""Trains small tokenizers and writes what Hugging Face's own make of hard texts.

Of byte-level BPE (RoBERTa, ModernBERT) and of unigram models (XLM-RoBERTa,
CamemBERT), each as tokenizer.json and, where there are any, as classic files:

    python tools/make_tiny_tokenizers.py --output tests/goldens/tokenizer \\
        test_2016_flickr.en test_2016_flickr.de test_2016_flickr.fr

The texts that it trains on are those of Multi30k's 2016 test set. The committed
files were made with tokenizers 0.23.3, transformers 5.23.0 and sentencepiece
0.2.3. Beside each directory NAME stands NAME.jsonl; its lines are

    {"text", "ids", "offsets"}       tokens without special ones around them;
                                     begin and end of each, in bytes
    {"text", "decoded"}              the text of those tokens
    {"text", "pair", "ids", "segments"}   with special tokens; pair may be null
"""

import argparse
import io
import json
import pathlib
import random
import shutil
import tempfile
import unicodedata

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import (AddedToken, Regex, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)
from transformers import CamembertTokenizer, RobertaTokenizer
from transformers import XLMRobertaTokenizer

ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
BERT_SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]

# What of nmt_nfkc the tiny unigram models keep; all of it is too large.
NORMALIZED_RANGES = [(1, 0x20), (0x7F, 0xC0), (0x1C4, 0x1CD), (0x2000, 0x2010),
                     (0x2020, 0x2030), (0x2100, 0x2130), (0x2460, 0x2470),
                     (0x3000, 0x3001), (0x3300, 0x3308), (0xFB00, 0xFB07),
                     (0xFDFA, 0xFDFB), (0xFEFF, 0xFF00), (0xFF01, 0xFF5F),
                     (0xFF76, 0xFF80), (0x1D400, 0x1D410)]
COMPOSED = ["e\u0301", "a\u030a", "u\u0308", "o\u0302", "c\u0327",
            "\u30ab\u3099", "\uff76\uff9e", "\u1100\u1161",
            "\u0061\u0323\u0302", "\u0915\u093c"]

HARD = [
    " ", "   ", "\t", "\n", "\r\n", " \t\n ", "\u00a0", "\u3000\u2003", "a",
    " a", "a ", "  a  ", "a  b", "a\tb", "a\n\nb", "a\r\nb", "a\u00a0b",
    "a\u2028b", "a\u0085b", "\u200bx\u200by", "\ufeffx", "x\u200dy", "x\u00ady",
    "a\u0000b", "\u0000", "\u0001\u0002x", "a\u0007b", "\u007f",
    "\u0080\u009f", "\ue000", "\uffff", "\U0010ffff", "\ufffd", "e\u0301",
    "e\u0301\u0301\u0301x", "\u0301a", " \u0301a", "a" + "\u0301" * 30,
    "\ufb01n\ufb02", "½ ² Ⅷ ① ㍿ ℃ ™ ©\u200d©", "\uff46ull\u3000w１２３",
    "\uff8a\uff9e\uff76\uff9e", "\u1100\u1161\u11a8 가각", "ﷺ", "क्ष क़ त्र",
    "ഫ്രാൻസ്", "ที่นี่", "ខ្មែរ", "👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷🇩 ❤️ 1️⃣", "狗在街上跑。",
    "犬が通りを走る。", "개가 거리를 달린다", "الكلب يركض", "הכלב רץ",
    "it's we'll I'd they've you're I'm don't CAN'T 'S ''s 'x",
    " 's  'll", "x=1;y+=2 // a_b::c->d()", "https://example.com/?q=%20&x#y",
    "1234567890 3.14 1,000", "١٢٣ ४५६ ⅫⅯ", "Straße ǅ ŉ ı İ ſ",
    "\u0600\u0061\u0301", "\u2581 \u2581a\u2581 b", "Ġ Ċ ĠĠa", "🤷 𝒜𝓑𝒞 𐌰𐌱 𖤪",
    "\U0001e5d0\U0001ccf3\U00010d6a", "\U000e0041\U000e007f",
    "word " * 20, "x" * 60, "ab" * 40, "?!" * 25, " " * 40 + "x", "é" * 40,
]

MANY_SPECIAL = ["<s>", "</s>", "<mask>", "<pad>", "<unk>", "[MASK]", "[CLS]",
                "[SEP]", "<|endoftext|>", "  ", "    ", "<s>NOTUSED"]


def character(rng, block):
    while True:
        code = rng.randrange(*block)
        if not 0xD800 <= code < 0xE000:
            return chr(code)


BLOCKS = [(0x20, 0x7F), (0xA0, 0x250), (0x370, 0x530), (0x590, 0x700),
          (0x900, 0xE00), (0xE00, 0x1200), (0x1780, 0x2000), (0x2000, 0x2C00),
          (0x3000, 0x3400), (0x4E00, 0xA000), (0xA000, 0xABFF),
          (0xAC00, 0xD7FF), (0xE000, 0x10000), (0x10000, 0x12000),
          (0x16000, 0x17000), (0x1D000, 0x1D800), (0x1E000, 0x20000),
          (0xE0000, 0xE0200), (0, 0x110000)]


def random_text(rng, lines):
    """A line with strange characters in it, or strange characters alone."""
    marks = [chr(c) for c in range(0x300, 0x1DC0)
             if unicodedata.category(chr(c))[0] == "M"]
    spaces = [" ", "  ", "\t", "\n", "\r", "\u00a0", "\u3000", "\u200d",
              "\u200c", "\u0000", "\u2581", "'", "'s", "\u00ad", "\ufeff"]
    if rng.random() < 0.35:
        text = list(rng.choice(lines))
        for _ in range(rng.randrange(5)):
            where = rng.randrange(len(text) + 1)
            text[where:where] = [rng.choice(
                [character(rng, rng.choice(BLOCKS)), rng.choice(marks),
                 rng.choice(spaces), rng.choice(MANY_SPECIAL)])]
        return "".join(text)
    block = rng.choice(BLOCKS)
    parts = []
    for _ in range(rng.choice([1, 2, 3, 5, 8, 13])):
        parts.append(rng.choice(
            [character(rng, block), character(rng, block),
             character(rng, rng.choice(BLOCKS)), rng.choice(marks),
             rng.choice(spaces), " " + rng.choice(rng.choice(lines).split())]))
    return "".join(parts)


def byte_offsets(text, encoding):
    """Offsets in bytes of those that the Python binding gives in characters."""
    ends = [0]
    for char in text:
        ends.append(ends[-1] + len(char.encode()))
    return [[ends[begin], ends[end]] for begin, end in encoding.offsets]


def write_goldens(tokenizer, lines, path, num_random):
    rng = random.Random(path.stem)
    texts = HARD + [random_text(rng, lines) for _ in range(num_random)]
    texts += ["A " + "".join(rng.choices(MANY_SPECIAL + [" ", "a"], k=5))
              for _ in range(20)]
    items = []
    for text in texts:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        items.append({"text": text, "ids": encoding.ids,
                      "offsets": byte_offsets(text, encoding)})
    for text in rng.sample(texts, 40):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        items.append({"text": text, "decoded": tokenizer.decode(
            ids, skip_special_tokens=False)})
    for text, pair in [("a b", None), ("", None), ("a b", "c"), ("", "")]:
        encoding = tokenizer.encode(text, pair)
        items.append({"text": text, "pair": pair, "ids": encoding.ids,
                      "segments": encoding.type_ids})
    with open(path, "w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item, separators=(",", ":")) + "\n")


def train_bpe(lines, special, vocab_size):
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    return json.loads(tokenizer.to_str())["model"]


def make_roberta(lines, output):
    model = train_bpe(lines, ROBERTA_SPECIAL, 1050)
    model["vocab"]["<mask>"] = len(model["vocab"])
    classic = output / "roberta_classic"
    classic.mkdir(parents=True)
    (classic / "vocab.json").write_text(
        json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
    (classic / "merges.txt").write_text(
        "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in model["merges"]),
        encoding="utf-8")
    write_goldens(RobertaTokenizer.from_pretrained(classic).backend_tokenizer,
                  lines, output / "roberta_classic.jsonl", 40)

    merges = [tuple(merge) for merge in model["merges"]]
    tokenizer = tokenizers.Tokenizer(models.BPE(
        vocab=model["vocab"], merges=merges, continuing_subword_prefix="",
        end_of_word_suffix=""))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=True)
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=True) for token in ROBERTA_SPECIAL]
        + [AddedToken("<mask>", lstrip=True)])
    save(tokenizer, lines, output / "roberta")


def make_modernbert(lines, output):
    model = train_bpe(lines, ["<|endoftext|>"], 1100)
    tokenizer = tokenizers.Tokenizer(models.BPE(
        vocab=model["vocab"],
        merges=[tuple(merge) for merge in model["merges"]]))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken(" " * n, normalized=True)
                          for n in range(24, 1, -1)])
    tokenizer.add_special_tokens(
        [AddedToken(token, lstrip=token == "[MASK]") for token in BERT_SPECIAL])
    ids = [(token, tokenizer.token_to_id(token)) for token in BERT_SPECIAL]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=ids)
    save(tokenizer, lines, output / "modernbert")


def normalization_rules():
    normalizer = sentencepiece.SentencePieceNormalizer(rule_name="nmt_nfkc")
    rules = io.StringIO()
    sources = [chr(c) for begin, end in NORMALIZED_RANGES
               for c in range(begin, end)] + COMPOSED
    for source in sources:
        target = normalizer.normalize(source)
        if target != source:
            rules.write(" ".join(f"{ord(c):X}" for c in source) + "\t"
                        + " ".join(f"{ord(c):X}" for c in target) + "\n")
    return rules.getvalue()


def train_unigram(lines, vocab_size, folder):
    """A model file of <unk>, <s>, </s> and pieces."""
    rules = pathlib.Path(folder) / "rules.tsv"
    rules.write_text(normalization_rules(), encoding="utf-8")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model,
        vocab_size=vocab_size, normalization_rule_tsv=str(rules),
        num_threads=1, minloglevel=2)
    return model.getvalue()


def make_unigram(name, lines, output, vocab_size):
    classic = output / f"{name}_classic"
    classic.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        model = train_unigram(lines, vocab_size, folder)
    (classic / "sentencepiece.bpe.model").write_bytes(model)
    (classic / "config.json").write_text(
        json.dumps({"model_type": name.replace("_", "-")}))
    tokenizer_class = (CamembertTokenizer if name == "camembert"
                       else XLMRobertaTokenizer)
    tokenizer = tokenizer_class.from_pretrained(classic).backend_tokenizer
    write_goldens(tokenizer, lines, output / f"{name}_classic.jsonl", 60)
    if name == "camembert":
        # As earlier versions of transformers wrote it.
        proto = sentencepiece_model_pb2.ModelProto.FromString(model)
        tokenizer.normalizer = normalizers.Sequence([
            normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), "▁")])
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
            prepend_scheme="first", split=False)
    save(tokenizer, lines, output / name)


def save(tokenizer, lines, directory):
    directory.mkdir(parents=True)
    tokenizer.save(str(directory / "tokenizer.json"), pretty=False)
    write_goldens(tokenizer, lines,
                  directory.parent / f"{directory.name}.jsonl", 180)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("texts", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    lines = [line for path in arguments.texts
             for line in path.read_text(encoding="utf-8").splitlines() if line]
    for name in ["roberta", "modernbert", "xlm_roberta", "camembert"]:
        for directory in [name, f"{name}_classic"]:
            shutil.rmtree(arguments.output / directory, ignore_errors=True)
    make_roberta(lines, arguments.output)
    make_modernbert(lines, arguments.output)
    make_unigram("xlm_roberta", lines, arguments.output, 1000)
    make_unigram("camembert", lines, arguments.output, 800)


if __name__ == "__main__":
    main()
