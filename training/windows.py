"""Token ids of a segment as the windows that the reader sees.

Every window is `<s> role :` and then content; the first holds CONTENT_TOKENS tokens of content, each later one begins
OVERLAP_TOKENS before the last one's end, which are read again as context and not scored again. Windows depend on
token indices alone, so that equal text gives equal windows however it was cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WINDOW_TOKENS = 256
PREFIX_TOKENS = 3
CONTENT_TOKENS = WINDOW_TOKENS - PREFIX_TOKENS
OVERLAP_TOKENS = 64
STRIDE_TOKENS = CONTENT_TOKENS - OVERLAP_TOKENS


@dataclass
class Window:
    """ids with the prefix; `fresh`: how many positions from the left are prefix or context and are not scored."""

    row: int
    ids: list[int]
    fresh: int


def windows_of(ids: list[int], prefix: list[int], row: int, limit: int | None = None) -> list[Window]:
    """Windows of one segment, at most `limit`; no content gives none."""
    found: list[Window] = []
    start = 0
    while start < len(ids) and (limit is None or len(found) < limit):
        context = OVERLAP_TOKENS if start else 0
        begin = start - context
        content = ids[begin : begin + CONTENT_TOKENS]
        found.append(Window(row, prefix + content, PREFIX_TOKENS + context))
        start = begin + CONTENT_TOKENS
    return found


def batches_of(rows: list[list[Window]], max_tokens: int, rng: np.random.Generator | None = None,
               group: np.ndarray | None = None) -> list[list[Window]]:
    """Groups whole rows into batches of at most `max_tokens` padded tokens, rows of like length together; rows of one group (int64
    [rows], -1 for none) are placed by their mean length, next to each other."""
    jitter = rng.random(len(rows)) if rng is not None else np.zeros(len(rows))
    lengths = np.array([max(len(w.ids) for w in row) if row else 0 for row in rows])
    place = lengths * (1 + 0.1 * jitter)
    if group is not None and (group >= 0).any():
        count = np.bincount(group[group >= 0])
        place[group >= 0] = (np.bincount(group[group >= 0], place[group >= 0]) / count.clip(1))[group[group >= 0]]
    order = np.argsort(place, kind="stable")
    batches: list[list[Window]] = []
    current: list[Window] = []
    longest = 0
    for index in order:
        row = rows[index]
        if not row:
            continue
        grown = max(longest, int(lengths[index]))
        if current and grown * (len(current) + len(row)) > max_tokens:
            batches.append(current)
            current, grown = [], int(lengths[index])
        current.extend(row)
        longest = grown
    if current:
        batches.append(current)
    if rng is not None:
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


def padded(batch: list[Window], pad: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """ids int64 [windows, longest] padded on the right, and a mask of the tokens that are scored."""
    longest = max(len(w.ids) for w in batch)
    ids = np.full((len(batch), longest), pad, np.int64)
    scored = np.zeros((len(batch), longest), bool)
    for i, window in enumerate(batch):
        ids[i, : len(window.ids)] = window.ids
        scored[i, window.fresh : len(window.ids)] = True
    return ids, scored
