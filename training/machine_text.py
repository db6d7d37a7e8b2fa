"""Ordinary text that machines write and people paste: hashes, UUIDs, tokens, base64 of binary data, hex dumps, logs, stack traces,
tables, minified code, and sentences in codes. It expresses nothing by itself: every label is 0. What a code hides is read by
the product's second view (detectors/views), not from the code.
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from collections.abc import Callable

import numpy as np

from data import LABELS, Segment

WORDS = ("item order user session cache index upload report batch region shard worker queue token request image invoice node payment "
         "catalog profile thumbnail backup schema replica bucket metric event frame packet driver module build deploy config").split()
LEVELS = ("INFO", "DEBUG", "WARN", "ERROR", "TRACE")


def _word(rng: np.random.Generator) -> str:
    return WORDS[rng.integers(len(WORDS))]


def _hex(rng: np.random.Generator, size: int) -> str:
    return rng.bytes(size).hex()


def _uuid(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _lines(rng: np.random.Generator, line: Callable[[], str], most: int = 12) -> str:
    return "\n".join(line() for _ in range(int(rng.integers(1, most))))


def _base64(rng: np.random.Generator, text: str) -> str:
    kind = rng.integers(3)
    data = rng.bytes(int(rng.integers(16, 500))) if kind else zlib.compress(text.encode())
    code = base64.b64encode(data).decode()
    return "\n".join(code[i : i + 64] for i in range(0, len(code), 64)) if rng.random() < 0.3 else code


def _token(rng: np.random.Generator, text: str) -> str:
    part = lambda size: base64.urlsafe_b64encode(rng.bytes(size)).decode().rstrip("=")
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode().rstrip("=")
    return f"{head}.{part(int(rng.integers(30, 90)))}.{part(32)}"


def _log(rng: np.random.Generator, text: str) -> str:
    def line() -> str:
        at = f"2025-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}T{rng.integers(24):02}:{rng.integers(60):02}:{rng.integers(60):02}.{rng.integers(1000):03}Z"
        return f"{at} {LEVELS[rng.integers(5)]} [{_word(rng)}-{rng.integers(64)}] {_word(rng)} {_uuid(rng) if rng.random() < 0.5 else _hex(rng, 8)} {_word(rng)}={rng.integers(99999)} took {rng.integers(3000)} ms"
    return _lines(rng, line)


def _trace(rng: np.random.Generator, text: str) -> str:
    def line() -> str:
        return f"    at {_word(rng).title()}.{_word(rng)} (/srv/{_word(rng)}/{_word(rng)}.js:{rng.integers(900)}:{rng.integers(80)})"
    return f"TypeError: Cannot read properties of undefined (reading '{_word(rng)}')\n{_lines(rng, line)}"


def _dump(rng: np.random.Generator, text: str) -> str:
    rows = [f"{i * 16:08x}  " + " ".join(f"{b:02x}" for b in rng.bytes(16)) for i in range(int(rng.integers(2, 12)))]
    return "\n".join(rows)


def _table(rng: np.random.Generator, text: str) -> str:
    names = [_word(rng) for _ in range(int(rng.integers(3, 7)))]
    rows = [",".join(str(rng.integers(10**int(rng.integers(1, 7)))) if rng.random() < 0.8 else _hex(rng, 4) for _ in names) for _ in range(int(rng.integers(3, 14)))]
    return "\n".join([",".join(names), *rows])


def _json(rng: np.random.Generator, text: str) -> str:
    row = {"id": int(rng.integers(10**6)), _word(rng): _uuid(rng), _word(rng): base64.b64encode(rng.bytes(int(rng.integers(20, 300)))).decode(),
           "name": f"{_word(rng)}.png", _word(rng): bool(rng.integers(2)), "sha256": _hex(rng, 32)}
    return json.dumps(row, indent=2 if rng.random() < 0.3 else None)


def _minified(rng: np.random.Generator, text: str) -> str:
    name = lambda: "abcdefghijklmnopqrstuvwxyz"[rng.integers(26)]
    parts = [f"function {name()}({name()},{name()}){{return {name()}[{rng.integers(99)}]+{name()}.{_word(rng)}({name()})}}var {name()}={rng.integers(999)};"
             for _ in range(int(rng.integers(2, 10)))]
    return "".join(parts)


def _address(rng: np.random.Generator, text: str) -> str:
    return _lines(rng, lambda: f"https://cdn.{_word(rng)}.example/{_word(rng)}/{_hex(rng, 6)}?sig={base64.urlsafe_b64encode(rng.bytes(24)).decode()}&exp={rng.integers(10**9)}", 5)


KINDS: tuple[Callable[[np.random.Generator, str], str], ...] = (
    _base64, _token, _log, _trace, _dump, _table, _json, _minified, _address,
    lambda rng, text: _lines(rng, lambda: _hex(rng, int(rng.choice([16, 20, 32])))),
    lambda rng, text: _lines(rng, lambda: _uuid(rng)),
    lambda rng, text: base64.b64encode(text.encode()).decode(),
    lambda rng, text: text.encode().hex(),
    lambda rng, text: text.translate(str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM")),
)


def machine_rows(count: int, seed: int, sentences: list[str]) -> list[Segment]:
    """`count` rows in turn of every kind and role; `sentences` are what the codes hide, of any content."""
    rng = np.random.default_rng([seed, 41])
    zeros = {name: 0 for name in LABELS}
    rows = []
    for i in range(count):
        sentence = sentences[rng.integers(len(sentences))][:400]
        text = KINDS[i % len(KINDS)](rng, sentence)
        rows.append(Segment(text, ("user", "assistant", "tool")[rng.integers(3)], zeros, "machine_text", "train", f"machine-{i}"))
    return rows
