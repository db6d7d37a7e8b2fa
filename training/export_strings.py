"""Strings for the tokenizer's golden values, by a seeded generator that `test/detectors/golden-strings.ts` repeats:
words of many languages, code points of many blocks, unpaired surrogates, spaces, and long runs of one code point."""

from __future__ import annotations

WORDS = ("hello", " world", "The", "quick", "brown", "naïve", "Straße", "ﬁne", "ﷺ", "①②", "ＦＵＬＬ", "e\u0301a\u0308",
         "Привет", "мир", "こんにちは", "カタカナ", "世界", "你好，", "안녕하세요", "مرحبا", "שלום", "नमस्ते", "สวัสดี", "ខ្មែរ", "👩‍👩‍👧‍👦",
         "🏳️‍🌈", "🦜", "<unk>", "</s>", "<s>", "<pad>", "<mask>", "▁", "query: ", "https://example.org/?q=1&r=%20",
         "\r\n", "null", "' OR 1=1 --", "<script>", "{\"a\":[1,2]}", "$(x)", "../..", "0x1F", "3.14159", "…", "——", "\u200b",
         "\u00ad", "\ufeff", "\u202e", "\ud83d", "\udc00", "Ω≈ç√", "½", "ǆ", "İ", "\u0000", "\u0007", "supercalifragilistic")
BLOCKS = ((0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xEFF),
          (0x1000, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x22FF), (0x2460, 0x27BF), (0x3000, 0x33FF), (0x4E00, 0x9FFF),
          (0xAC00, 0xD7A3), (0xD800, 0xDFFF), (0xE000, 0xE0FF), (0xF900, 0xFFFD), (0x10000, 0x103FF), (0x1D400, 0x1D7FF),
          (0x1F300, 0x1FAFF), (0x20000, 0x203FF), (0x0, 0x1F))
SPACES = (" ", "  ", "\t", "\n", "\u3000", "\u00a0", "   ")
MASK = 0xFFFFFFFF


class Mulberry32:
    """A 32-bit generator (Tommy Ettinger 2017) that is the same in JavaScript."""

    def __init__(self, seed: int):
        self.state = seed & MASK

    def next(self) -> int:
        self.state = (self.state + 0x6D2B79F5) & MASK
        t = self.state
        t = ((t ^ (t >> 15)) * (t | 1)) & MASK
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & MASK)) & MASK
        return t ^ (t >> 14)

    def below(self, limit: int) -> int:
        return self.next() % limit


def _part(random: Mulberry32) -> str:
    kind = random.below(8)
    if kind < 4:
        return WORDS[random.below(len(WORDS))]
    if kind < 6:
        low, high = BLOCKS[random.below(len(BLOCKS))]
        return "".join(chr(low + random.below(high - low + 1)) for _ in range(1 + random.below(9)))
    if kind == 6 or random.below(24) > 0:
        return SPACES[random.below(len(SPACES))]
    low, high = BLOCKS[random.below(len(BLOCKS))]
    return chr(low + random.below(high - low + 1)) * (1 + random.below(1200))


def golden_strings(seed: int, count: int) -> list[str]:
    """`count` strings; surrogates that happen to pair are one code point, as in UTF-16."""
    random = Mulberry32(seed)
    found = []
    for _ in range(count):
        text = "".join(_part(random) for _ in range(random.below(14)))
        found.append(text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
    return found
