"""The same text as it might have been typed: letters in other cases, slips of the finger, letters disguised. Labels stay.

Every kind of row is changed alike, harmless ones too, so that a disguise alone is no evidence.
"""

from __future__ import annotations

import re

import numpy as np

LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7", "A": "4", "E": "3", "I": "1", "O": "0"})
CYRILLIC = str.maketrans("aeopcxyABEHKMOPCTX", "аеорсхуАВЕНКМОРСТХ")
FULL_WIDTH = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})
ZERO_WIDTH = ("​", "‌", "­")


def _letters_changed(text: str, share: float, change, rng: np.random.Generator) -> str:
    marks = rng.random(len(text)) < share
    return "".join(change(c) if mark else c for c, mark in zip(text, marks))


def _typos(text: str, rng: np.random.Generator) -> str:
    letters = list(text)
    for at in np.flatnonzero(rng.random(len(letters)) < 0.035):
        if letters[at].isalpha():
            kind = rng.integers(3)
            if kind == 0 and at + 1 < len(letters):
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            else:
                letters[at] = "" if kind == 1 else letters[at] * 2
    return "".join(letters)


def _spaced(text: str, rng: np.random.Generator) -> str:
    separator = " .-_*"[rng.integers(5)]
    words = text.split(" ")
    share = 1.0 if len(text) < 120 else 0.3
    return " ".join(separator.join(w) if rng.random() < share else w for w in words)


LIGHT = (
    lambda text, rng: text.lower(),
    lambda text, rng: text.upper(),
    lambda text, rng: re.sub(r"[.,;:!?'\"]", "", text),
    _typos,
    lambda text, rng: re.sub(r"[.,;:!?'\"]", "", _typos(text.lower(), rng)),
)
HEAVY = (
    lambda text, rng: _letters_changed(text, rng.uniform(0.3, 1), lambda c: c.translate(LEET), rng),
    lambda text, rng: _letters_changed(text, rng.uniform(0.2, 0.7), lambda c: c.translate(CYRILLIC), rng),
    lambda text, rng: _letters_changed(text, rng.uniform(0.1, 0.4), lambda c: c + ZERO_WIDTH[rng.integers(3)], rng),
    lambda text, rng: _letters_changed(text, 0.5, str.swapcase, rng),
    lambda text, rng: text.translate(FULL_WIDTH),
    _spaced,
)


def augmented(text: str, rng: np.random.Generator, light: float = 0.2, heavy: float = 0.06) -> str:
    """text, changed lightly or heavily with these chances; never empty."""
    draw = rng.random()
    if draw >= light + heavy or len(text) > 4000:
        return text
    changes = LIGHT if draw < light else HEAVY
    return changes[rng.integers(len(changes))](text, rng) or text
