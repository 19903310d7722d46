#!/usr/bin/env python3
"""Writes the references of marian_tokenizer_test.cc.

Asks transformers' MarianTokenizer for the ids of hard texts and the texts of
hard ids: for the demo model, and for two tiny models that this script trains
and writes beside its output ("separate": two vocabularies; "added": one, cut
by BPE, with added tokens). Made with transformers 5.23.0 and sentencepiece
0.2.3:

    python tests/engine/tokenizer/testdata/make_references.py

A line of a .jsonl file is an object with `text` (said `repeat` times),
`language_token`, and `ids`, or for long texts `num_ids` and `ids_hash`; or
with `target_ids`; and `decoded`.
"""

import io
import json
import os
import pathlib
import random
import tempfile
import unicodedata

import sentencepiece
from transformers import MarianTokenizer

HERE = pathlib.Path(__file__).resolve().parent
DEMO = HERE.parents[3] / "models" / "demo"
LANGUAGES = ["", ">>de<<", ">>en<<", ">>fr<<"]

SENTENCES = [
    "A man in a blue shirt is standing on a ladder cleaning a window.",
    "Zwei junge Männer mit Helmen sitzen draußen vor einem Café.",
    "Une fillette grimpe dans une cabane à la fin de l'été.",
    "The quick brown fox jumps over the lazy dog, doesn't it?",
    "Ein Hund läuft über die Straße; er ist größer als du.",
    "L'homme s'assied près d'un chêne où chantent des oiseaux.",
    "It's 12:30 -- the price is $1,234.56 (or 99%) at No. 7!",
    "HELLO WORLD in CAPITALS and cAmElCaSe with under_scores",
    "https://example.com/a?b=c&d=%20e#f and name@example.org",
    "Zażółć gęślą jaźń. Příliš žluťoučký kůň. Árvíztűrő.",
    "Быстрая лиса прыгает через ленивую собаку.",
    "Η γρήγορη αλεπού πηδάει πάνω από το σκυλί.",
    "הכלב הגדול רץ ברחוב", "الكلب الكبير يركض في الشارع",
    "ﷺ ﷻ ﷽", "कुत्ता सड़क पर दौड़ता है", "கருப்பு நாய்", "สุนัขวิ่งบนถนน",
    "狗在街上跑。", "犬が通りを走る。カタカナ ﾊﾝｶｸ ﾊﾞﾝ", "개가 거리를 달린다",
    "ქართული ენა", "Հայերեն լեզու", "አማርኛ ቋንቋ", "ᚠᚢᚦᚨᚱᚲ", "𐌰𐌱𐌲", "𝒜𝓑𝒞 𝟙𝟚𝟛",
]

HARD = [
    "", " ", "   ", "\t", "\n", "\r\n", " \t\n ", "\u00a0", "\u3000\u2003",
    "a", " a", "a ", "  a  ", "a  b", "a\tb", "a\nb", "a\r\nb", "a\u00a0b",
    "a\u3000b", "a\u2028b", "a\u0085b", "\u00a0x\u00a0", "\u200bx\u200by",
    "\ufeffx", "x\u200dy", "x\u00ady", "\u202ex\u202c", "a\u0000b",
    "\u0000", "\u0001\u0002\u0003", "a\u0007b", "\u007f", "\u0080\u009f",
    "\ue000", "\uffff", "\U0010ffff", "\ufffd", "a\ufffdb", "\U000e0041",
    "e\u0301", "\u00e9", "o\u0308u\u0308", "\u0301", " \u0301a",
    "a" + "\u0301" * 30, "Å\u212b A\u030a", "\ufb01n\ufb02", "½ ² Ⅷ ① ㍿ ℃",
    "ｆｕｌｌ　ｗｉｄｔｈ １２３", "“quoted” ‘single’ «guillemets» „low“",
    "… – — ‐ ‑ − ~ ～ 〜", "İıſß ẞ ŉ ǆ", "🙂", "👩‍👩‍👧‍👦 family", "🏳️‍🌈 🇩🇪🇫🇷",
    "👍🏽👍", "a🙂b", "▁", "▁a", "a▁b", "▁▁ ▁", " ▁ ", "_ __", "<s>", "<s/>",
    "<0x41>", "'", "''", "' '", "don't 'm 's", " . , ! ?", "a . b ,c ! d ?",
    "</s>", "<unk>", "<pad>", "a</s>b", "a </s> b", "</s>a", "a</s>",
    "</s></s>", "</s> </s>", "<unk> x", "x <unk>", "x<pad>y", "x <pad>\ty",
    "<</s>>", "</s", "/s>", "<pad", "<<pad>", "<unk<unk>", "< unk >",
    "</S> <UNK>", "a\n</s>\nb", "<pad><unk></s>", "  </s>  ", "\u00a0</s>\u00a0",
    ">>de<< Hello", ">>de<<Hello", ">>de<<  Hello", " >>de<< Hello",
    ">>de<<", ">>de<< ", ">>xx<< Hello", ">>de_DE<< Hello", ">>de Hello",
    ">><< Hello", ">>", "<<", ">><<", ">>>de<< a", ">>de<<< a", ">>DE<< a",
    ">>de<< >>fr<< a", ">>de<<>>fr<< a", "a >>de<< b", ">>de<< </s> b",
    ">>de<< </s>>>fr<< b", ">>de<</s> b", "</s>>>de<< a", ">>a</s>b<< c",
    ">>long words in between<< x", ">>\u00e9<< x", ">>de<< \u00a0x", ">> de << x",
    "漢" * 50, "漢 " * 20, "a漢" * 20, "\u0001" * 50, "漢\u0001" * 20, "xyz" * 60,
]


def random_texts(rng):
    """Texts of characters from everywhere, and of pieces of the others."""
    ranges = [
        (0x20, 0x7E), (0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x17F), (0x180, 0x24F),
        (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF),
        (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xFFF), (0x1000, 0x13FF),
        (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x218F), (0x2460, 0x24FF),
        (0x2500, 0x27BF), (0x3000, 0x30FF), (0x3130, 0x318F), (0x3200, 0x33FF),
        (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFDFF),
        (0xFE00, 0xFFEF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF),
        (0x20000, 0x2A6DF), (0x0, 0x1F),
    ]
    for low, high in ranges:
        assigned = [chr(c) for c in range(low, high + 1)
                    if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
        yield "".join(rng.choices(assigned, k=30))
        yield " ".join("".join(rng.choices(assigned + ["a", "e", "n"], k=5))
                       for _ in range(6))
    parts = SENTENCES + HARD
    for _ in range(120):
        chosen = rng.choices(parts, k=rng.randint(2, 4))
        cut = [p[rng.randint(0, len(p) // 2):][:40] for p in chosen]
        yield rng.choice(["", " ", "\n", "</s>", "<unk> ", "  "]).join(cut)


def ids_hash(ids):
    value = 0
    for number in ids:
        value = (value * 1000003 + number + 1) % 2**64
    return value


def encode_case(tokenizer, text, language="", repeat=1):
    whole = text * repeat
    asked = f"{language} {whole}" if language else whole
    ids = tokenizer(asked, verbose=False).input_ids
    case = {"text": text}
    if repeat != 1:
        case["repeat"] = repeat
    if language:
        case["language_token"] = language
    if len(ids) > 2000:
        case["num_ids"] = len(ids)
        case["ids_hash"] = str(ids_hash(ids))
    else:
        case["ids"] = ids
        if not tokenizer.separate_vocabs:
            case["decoded"] = tokenizer.decode(ids, skip_special_tokens=True)
    return case


def decode_case(tokenizer, ids):
    decoded = tokenizer.decode(ids, skip_special_tokens=True)
    return {"target_ids": ids, "decoded": decoded}


def random_ids(rng, ids):
    for _ in range(60):
        yield rng.choices(ids, k=rng.randint(0, 12))


def write(name, cases):
    with open(HERE / name, "w", encoding="ascii") as file:
        for case in cases:
            file.write(json.dumps(case, separators=(",", ":")) + "\n")


def demo_cases():
    rng = random.Random(20260131)
    tokenizer = MarianTokenizer.from_pretrained(DEMO)
    for text in SENTENCES + HARD:
        for language in LANGUAGES[:2]:
            yield encode_case(tokenizer, text, language)
    for text in random_texts(rng):
        yield encode_case(tokenizer, text, rng.choice(LANGUAGES))
    for text, repeat in [("Ein langer Satz ohne Ende, ", 400), ("abc", 5000),
                         ("漢", 3000), ("x漢", 3000), ("\u0001漢", 2000),
                         ("漢" * 2000 + "\t", 3), ("漢" * 1024 + " a\n", 4),
                         (" ", 5000), ("</s>", 2500), ("\u0301", 3000)]:
        yield encode_case(tokenizer, text, repeat=repeat)
    for ids in random_ids(rng, list(tokenizer.encoder.values())):
        yield decode_case(tokenizer, ids)


def train(texts, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, num_threads=1,
        hard_vocab_limit=False, minloglevel=2, **options)
    return model.getvalue()


def vocabulary(model, languages):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    pieces = [processor.id_to_piece(i) for i in range(processor.piece_size())]
    pieces = [p for p in pieces if p not in ("<s>", "</s>", "<unk>")]
    tokens = ["</s>", "<unk>"] + pieces + languages + ["<pad>"]
    return {token: id for id, token in enumerate(dict.fromkeys(tokens))}


def write_model(name, files):
    directory = HERE / name
    directory.mkdir(exist_ok=True)
    for file, content in files.items():
        if not isinstance(content, bytes):
            content = json.dumps(content, indent=1).encode() + b"\n"
        (directory / file).write_bytes(content)
    return MarianTokenizer.from_pretrained(directory)


def small_cases(tokenizer, target_ids):
    rng = random.Random(7)
    for text in SENTENCES + HARD:
        yield encode_case(tokenizer, text)
    for text in SENTENCES[:6] + ["", " ", "</s> a", "[x] b", ">>de<< c"]:
        yield encode_case(tokenizer, text, ">>de<<")
    for ids in random_ids(rng, target_ids):
        yield decode_case(tokenizer, ids)


def separate_model():
    """Two vocabularies of different size, so that <pad> has two ids."""
    # The path ends up in the model.
    rules = pathlib.Path("rules.tsv")
    # Code points: A to a, é to e, a and U+0308 to ä, U+FB01 to fi, spaces.
    rules.write_text("41\t61\nE9\t65\n61 308\tE4\nFB01\t66 69\n"
                     "9\t20\nA0\t20\n")
    source = train(SENTENCES[:6], vocab_size=70,
                   normalization_rule_tsv=str(rules))
    rules.unlink()
    target = train(SENTENCES[:12], vocab_size=200,
                   normalization_rule_name="identity",
                   remove_extra_whitespaces=False)
    files = {
        "source.spm": source, "target.spm": target,
        "vocab.json": vocabulary(source, [">>de<<", ">>fr<<"]),
        "target_vocab.json": vocabulary(target, []),
        "tokenizer_config.json": {
            "separate_vocabs": True, "source_lang": "en", "target_lang": "de",
            "model_max_length": int(1e30)},
    }
    return write_model("separate", files)


def added_model():
    """One vocabulary with tokens that the configuration adds and strips."""
    model = train(SENTENCES[:9], vocab_size=400, model_type="bpe",
                  byte_fallback=True, normalization_rule_name="identity",
                  remove_extra_whitespaces=False,
                  user_defined_symbols=["<br>", "<b", "<br><br>"])
    vocab = vocabulary(model, [">>de<<"])
    size = len(vocab)

    def added(content, lstrip=False, rstrip=False, special=True):
        return {"content": content, "lstrip": lstrip, "rstrip": rstrip,
                "single_word": False, "normalized": False, "special": special}

    files = {
        "source.spm": model, "target.spm": model, "vocab.json": vocab,
        "tokenizer_config.json": {
            "eos_token": {"__type": "AddedToken", **added("</s>")},
            "unk_token": "<unk>", "pad_token": "<pad>",
            "additional_special_tokens": ["[x]", "[xx]"],
            "clean_up_tokenization_spaces": True,
            "added_tokens_decoder": {
                "0": added("</s>"), "1": added("<unk>", lstrip=True),
                str(vocab["<pad>"]): added("<pad>", rstrip=True),
                str(size): added("[x]", lstrip=True, rstrip=True),
                str(size + 2): added("[xx]"),
                str(size + 3): added("[plain]", special=False)}},
    }
    return write_model("added", files)


ADDED = ["a [x] b", "a  [x]  b", "[x]", "a[xx]b", "a [xx] b", "[x[x]]", "[xxx]",
         "a [plain] b", " \t[x]\u3000b", "a <unk> b", "a <pad>  b", "[x][xx] [x]",
         "a<br>b", "a <br><br> c", "<b <br", "a  b", " a ", "[x] </s> <unk> a"]


def main():
    write("demo.jsonl", demo_cases())
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        separate = separate_model()
    ids = separate.target_encoder
    cases = list(small_cases(separate, list(ids.values())))
    # What is <pad> on one side is a word, or nothing, on the other.
    pads = [separate.encoder["<pad>"], ids["<pad>"]]
    for pad in pads:
        cases.append(decode_case(separate, [ids["a"], pad, ids["n"], pad]))
    write("separate.jsonl", cases)
    added = added_model()
    cases = [encode_case(added, text) for text in ADDED]
    ids = list(added.encoder.values()) + list(added.added_tokens_decoder)
    write("added.jsonl", cases + list(small_cases(added, ids)))


if __name__ == "__main__":
    main()
