"""What one pass of the adaptation reads: a capped, balanced draw of every public source, all written contrast rows
twice (those that are there when the pass begins), ordinary text, machine text, and some rows packed between ordinary text so that evidence is found at any offset."""

from __future__ import annotations

import zlib

import numpy as np
import torch

from augment import augmented
from data import HELD_OUT_SOURCES, LABELS, LARGE_SHARE, LOW_WEIGHT, NO_TRAINING, Segment, corpus, in_calibration_half, labelled, written
from machine_text import machine_rows
from reference_tokenizer import ReferenceTokenizer
from windows import CONTENT_TOKENS, Window, batches_of, windows_of

PER_SOURCE, ORDINARY, MACHINE, WRITTEN_REPEATS = 450, 3500, 600, 2
MAX_WINDOWS = 3
PACKED_SHARE = 0.12


def ordinary_texts(calibration: bool, per_source: int, rng: np.random.Generator, page: int = 3000) -> list[tuple[str, str, str]]:
    """(text, role, source) of ordinary text from one half of the corpus; books and documents in pieces, about one of every `page`
    characters."""
    found: list[tuple[str, str, str]] = []
    by_source: dict[str, list[tuple[str, str]]] = {}
    for text, role, source in corpus():
        if source in {"hh_harmless_test", "counsel_chat"} or in_calibration_half(text) != calibration:
            continue
        rows = by_source.setdefault(source, [])
        if role == "tool" and len(text) > 1500:
            starts = rng.integers(0, len(text) - 1200, min(120_000 // page, len(text) // page + 1))
            rows.extend((text[s : s + int(rng.integers(120, 1200))], role) for s in starts)
        elif len(text) > 15:
            rows.append((text, role))
    for source, rows in sorted(by_source.items()):
        for index in rng.permutation(len(rows))[:per_source]:
            found.append((*rows[index], source))
    return found


class Mixture:
    """batches(pass) -> batches of windows, twins together; targets(pass, rows) -> labels, weights, which rows are ordinary, groups. `seen`: written parts
    that the reader knows from before, a share of them once a pass. `per_source`: rows of a public source in a pass, a third of noisy
    ones, several times that of LARGE_SHARE."""

    def __init__(self, tokenizer: ReferenceTokenizer, seed: int, seen: set[str] = frozenset(), per_source: int = PER_SOURCE,
                 seen_share: float = 1.0):
        self.tokenizer, self.seed, self.seen, self.per_source, self.seen_share = tokenizer, seed, seen, per_source, seen_share
        rng = np.random.default_rng(seed)
        self.sources: dict[str, list[Segment]] = {}
        for segment in labelled():
            if segment.split == "train" and segment.source not in HELD_OUT_SOURCES | NO_TRAINING:
                self.sources.setdefault(segment.source, []).append(segment)
        zeros = {name: 0 for name in LABELS}
        texts = ordinary_texts(False, 1500, rng)
        self.ordinary = [Segment(t, r, zeros, s, "train") for t, r, s in texts]
        self.rows: dict[int, list[Segment]] = {}
        self.arrays: dict[int, tuple[np.ndarray, ...]] = {}

    def _draw(self, rows: list[Segment], count: int, rng: np.random.Generator) -> list[Segment]:
        positive = [s for s in rows if any(v and k != "refusal" for k, v in s.labels.items())]
        negative = [s for s in rows if not any(v and k != "refusal" for k, v in s.labels.items())]
        half = max(count // 2, count - len(negative)) if negative else count
        chosen = [positive[i] for i in rng.permutation(len(positive))[:half]]
        return chosen + [negative[i] for i in rng.permutation(len(negative))[: count - len(chosen)]]

    def _share(self, source: str) -> int:
        """Rows of a public source in a pass."""
        return self.per_source // 3 if source in LOW_WEIGHT else self.per_source * LARGE_SHARE.get(source, 1)

    def _repeats(self, segment: Segment, number: int) -> int:
        """How often a written row is read in a pass; whole groups of the parts seen before are left out."""
        if segment.source not in self.seen:
            return WRITTEN_REPEATS
        kept = zlib.crc32(f"{number}/{segment.source}/{segment.group or segment.text}".encode("utf-8", "replace")) % 1000
        return int(kept < 1000 * self.seen_share)

    def _segments(self, number: int) -> list[Segment]:
        rng = np.random.default_rng([self.seed, number])
        rows = [s for s in written() if s.split == "train" for _ in range(self._repeats(s, number))]
        for source, segments in sorted(self.sources.items()):
            rows = rows + self._draw(segments, self._share(source), rng)
        ordinary = [self.ordinary[i] for i in rng.permutation(len(self.ordinary))[:ORDINARY]]
        sentences = [s.text for s in rows if s.lang == "en" and 20 < len(s.text) < 400]
        return rows + ordinary + machine_rows(MACHINE, self.seed + number, sentences)

    def batches(self, number: int, max_tokens: int) -> list[list[Window]]:
        rng = np.random.default_rng([self.seed, number, 7])
        rows = self._segments(number)
        self.rows[number] = rows
        encoded = self.tokenizer.encode_many([augmented(s.text, rng) for s in rows])
        ordinary = [i for i, s in enumerate(rows) if self._is_ordinary(s)]
        windows = []
        for index, (segment, ids) in enumerate(zip(rows, encoded)):
            if rng.random() < PACKED_SHARE and len(ids) < 120:
                before = encoded[ordinary[rng.integers(len(ordinary))]][: int(rng.integers(1, 140))]
                after = encoded[ordinary[rng.integers(len(ordinary))]][: int(rng.integers(0, 40))]
                ids = (before + ids + after)[:CONTENT_TOKENS]
            windows.append(windows_of(ids, self.tokenizer.prefix(segment.role), index, MAX_WINDOWS))
        self._weigh(number)
        return batches_of(windows, max_tokens, rng, self._groups(number))

    def _groups(self, number: int) -> np.ndarray:
        """int64 [rows]: the number of a row's group of twins within its source, -1 where it has none."""
        named = [f"{s.source}/{s.group}" if s.group else "" for s in self.rows[number]]
        numbers = {name: i for i, name in enumerate(sorted(set(named) - {""}))}
        return np.array([numbers.get(name, -1) for name in named])

    def _is_ordinary(self, segment: Segment) -> bool:
        return len(segment.labels) == len(LABELS) and not any(segment.labels.values()) and segment.group == ""

    def _weigh(self, number: int) -> None:
        """A label's positives and negatives weigh as the inverse square root of their number."""
        rows = self.rows[number]
        known = np.zeros((len(rows), len(LABELS)), np.float32)
        target = np.zeros_like(known)
        for i, segment in enumerate(rows):
            for name, value in segment.labels.items():
                known[i, LABELS.index(name)] = 1
                target[i, LABELS.index(name)] = value
        positives, negatives = (known * target).sum(0), (known * (1 - target)).sum(0)
        up, down = (1 / np.sqrt(np.maximum(n, 50)) for n in (positives, negatives))
        weight = known * np.where(target > 0, up, down) * np.sqrt(1000)
        weight[:, LABELS.index("any")] *= 2
        self.arrays[number] = (target, weight.astype(np.float32), np.array([self._is_ordinary(s) for s in rows]),
                               self._groups(number))

    def targets(self, number: int, rows: list[int]) -> tuple[torch.Tensor, ...]:
        """target and weight float32 [rows, labels], ordinary bool [rows], group int64 [rows]."""
        return tuple(torch.from_numpy(a[rows]) for a in self.arrays[number])
