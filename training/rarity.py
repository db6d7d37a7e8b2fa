"""How rare a score is among ordinary segments, as `detectors/calibration.ts` says it.

A curve keeps scores of `segments` ordinary segments: values[i] is the ranks[i]-th highest; ranks ascend from 1.
"""

from __future__ import annotations

import math

import numpy as np


def tail_slope(ranks: np.ndarray, values: np.ndarray, segments: int) -> float:
    """How much rarer (in powers of ten) a score becomes per unit, between the ranks k / 10 and k, with k 1/20 of the
    sample, 20 to 200; 0 where those scores are equal."""
    k = min(200, max(20, segments // 20), int(ranks[-1]))
    outer = int(np.searchsorted(ranks, max(1, math.ceil(k / 10)), side="right")) - 1
    inner = int(np.searchsorted(ranks, k, side="right")) - 1
    width = float(values[outer]) - float(values[inner])
    return math.log10(int(ranks[inner]) / int(ranks[outer])) / width if width > 0 else 0.0


def rarity(ranks: np.ndarray, values: np.ndarray, segments: int, scores: np.ndarray) -> np.ndarray:
    """-log10 of the share of ordinary segments that score at least so high, float64, never below 0. Between two kept
    scores log-linear; above the highest, and below the lowest kept, along the slope of the tail."""
    scores = np.asarray(scores, np.float64)
    if len(values) == 0:
        return np.zeros_like(scores)
    levels = np.log10(segments / ranks.astype(np.float64))
    descending = values.astype(np.float64)
    slope = tail_slope(ranks, values, segments)
    place = len(values) - np.searchsorted(descending[::-1], scores, side="left") - 1
    inside = np.clip(place, 0, len(values) - 1)
    following = np.minimum(inside + 1, len(values) - 1)
    step = np.maximum(descending[inside] - descending[following], 1e-300)
    found = levels[inside] + (descending[inside] - scores) / step * (levels[following] - levels[inside])
    found = np.where(place < 0, levels[0] + slope * (scores - descending[0]), found)
    below = np.maximum(0, levels[-1] - slope * (descending[-1] - scores))
    return np.where(place == len(values) - 1, below, found)
