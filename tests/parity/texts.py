"""Texts over all of Unicode, the same in every run: for comparing tokenizers.

Every code point that a text can hold occurs at least once by itself, and the
kinds of text that break naive tokenizers occur by the thousand.
"""

import random

BLOCK = 0x100
WORDS = (
    "the unaffable tokenizer don't re-embeds naïve café résumés Straße İstanbul"
    " ΣΊΣΥΦΟΣ ΌΣΟΣ. Ёлка йод ﬁnance ﬀ Å Å Å ǆ Ǆ ǅ ẞ ß ΐ Ǖ ệ ự Ω K 2023-11-25"
    " 3.14159 1,000,000 e.g. U.S.A. user@example.com https://a.b/c?d=e&f=g#h"
    " 東京都 日本語テスト 한국어 각 ᄀ ᆨ ไทย สวัสดี हिन्दी क्षि नमस्ते தமிழ் עִבְרִית"
    " العَرَبِيَّة ﷺ ﷽ မြန်မာ ខ្មែរ ᠮᠣᠩᠭᠣᠯ 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 ❤️ ☃ ①②③ ½ ¾ ™ № ℃ ㎏ Ⅷ"
    " 𝕳𝖊𝖑𝖑𝖔 𝟙𝟚𝟛 𐐀𐐨 ｆｕｌｌ　ｗｉｄｔｈ ﾊﾝｶｸ … — – ‐ “quotes” «guillemets» ¿qué? ¡no!"
).split(" ")
SPECIAL = (
    "[CLS] [SEP] [MASK] [UNK] [PAD] [mask] [ MASK ] [MASK][MASK] x[MASK]y <s>"
    " </s> <mask> <pad> <unk> <|endoftext|> ##ing ## #"
).split(" ")
SPACES = [
    chr(c)
    for c in (
        [0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x85, 0xA0]
        + [0x1680, 0x180E, 0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000]
        + list(range(0x2000, 0x2010)) + [0xFEFF, 0x2581]
    )
]
# Marks of many combining classes, some of which decompose or compose.
MARKS = [
    chr(c)
    for c in (
        list(range(0x300, 0x370)) + [0x483, 0x487, 0x591, 0x5B0, 0x5BC, 0x5C1]
        + [0x610, 0x64B, 0x651, 0x653, 0x670, 0x711, 0x93C, 0x94D, 0x9BE, 0x9D7]
        + [0xBBE, 0xCD5, 0xDCA, 0xE38, 0xE4A, 0xEB8, 0xF39, 0xF71, 0xF72, 0xF74]
        + [0x1037, 0x135F, 0x1734, 0x17D2, 0x1885, 0x1AB0, 0x1ABF, 0x1CF2]
        + [0x1DC0, 0x1DF6, 0x20D0, 0x302A, 0x3099, 0x309A, 0xA66F, 0xA9BD]
        + [0xAABE, 0xFB1E, 0xFE20, 0x101FD, 0x110BA, 0x111C9, 0x11131, 0x1D165]
        + [0x1D167, 0x1D16D, 0x1E000, 0x1E8D0, 0x1E94A]
    )
]
JAMO = [chr(c) for c in range(0x1100, 0x1200)]


def is_scalar(code_point):
    return not 0xD800 <= code_point < 0xE000


def every_code_point():
    """Each code point beside its neighbours, by itself, and between letters."""
    block = []
    for c in range(0x110000):
        if is_scalar(c):
            block.append(chr(c))
        if len(block) == 32 or (c == 0x10FFFF and block):
            yield "".join(block)
            yield " ".join(block)
            yield "a".join(block)
            block = []


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def one_of(self, items):
        return items[self.random.randrange(len(items))]

    def any_character(self):
        while True:
            c = self.random.randrange(0x110000)
            if is_scalar(c):
                return chr(c)

    def low_character(self):
        """From the planes that have characters, mostly from the first."""
        top = self.one_of([0x80, 0x250, 0x600, 0x3000, 0x10000, 0x20000])
        while True:
            c = self.random.randrange(top)
            if is_scalar(c):
                return chr(c)

    def block(self):
        """Characters of one block."""
        while True:
            start = self.random.randrange(0, 0x32000, BLOCK)
            if is_scalar(start):
                break
        return "".join(
            chr(start + self.random.randrange(BLOCK))
            for _ in range(self.random.randrange(1, 24))
        )

    def combining(self):
        parts = []
        for _ in range(self.random.randrange(1, 6)):
            parts.append(self.one_of([self.low_character(), "a", "E", "ı", ""]))
            count = self.random.randrange(0, 6)
            parts.extend(self.one_of(MARKS) for _ in range(count))
        return "".join(parts)

    def hangul(self):
        pick = [self.one_of(JAMO), chr(0xAC00 + self.random.randrange(11172))]
        return "".join(
            self.one_of(pick + [self.one_of(JAMO)])
            for _ in range(self.random.randrange(1, 10))
        )

    def long_word(self):
        unit = self.one_of(["a", "un", "é", "Ω", "字", "x1", "😀", "é", "ก"])
        return unit * self.one_of([49, 50, 51, 99, 100, 101, 102, 150, 300])

    def words(self):
        count = self.random.randrange(1, 12)
        return self.one_of([" ", " ", "", "  ", self.one_of(SPACES)]).join(
            self.one_of(WORDS) for _ in range(count)
        )

    def spaced(self):
        return "".join(
            self.one_of(SPACES) + self.one_of(["", self.one_of(WORDS), "a", "."])
            for _ in range(self.random.randrange(1, 10))
        )

    def special(self):
        return "".join(
            self.one_of(SPECIAL + [self.one_of(WORDS), self.one_of(SPACES), ""])
            for _ in range(self.random.randrange(1, 8))
        )

    def noise(self):
        count = self.random.randrange(0, 40)
        pick = self.one_of([self.any_character, self.low_character])
        return "".join(pick() for _ in range(count))

    def mixed(self):
        makers = [self.words, self.block, self.combining, self.spaced]
        makers += [self.special, self.noise, self.hangul]
        return self.one_of(["", " ", "-"]).join(
            self.one_of(makers)() for _ in range(self.random.randrange(2, 5))
        )

    def text(self):
        makers = [self.words, self.block, self.combining, self.spaced]
        makers += [self.special, self.noise, self.mixed, self.mixed]
        makers += [self.hangul, self.long_word]
        return self.one_of(makers)()


def generate(count, seed):
    """Yields every_code_point(), then `count` random texts."""
    yield from every_code_point()
    generator = Generator(seed)
    for _ in range(count):
        yield generator.text()
