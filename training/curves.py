"""Curves of ordinary scores, also of scores that do not count alike.

Today's manner of answering is little of what can be had and much of what passes a gateway: its segments count several times.
That makes the sample worth less than its number says: Kish's effective size, the square of the sum of weights over the sum
of their squares (L. Kish, Survey Sampling, 1965). A curve keeps that many scores, spaced as the weighted ones are, so that
ranks, intervals and the rates that a sample cannot carry follow from its size as from any other.
"""

from __future__ import annotations

import numpy as np


def effective_size(weights: np.ndarray) -> int:
    """Of how many segments of equal weight these are worth, at most their number."""
    return int(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0


def equal_sample(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scores [segments] and weights > 0, float64 [segments] -> descending scores [effective_size(weights)]: the k-th, from 0, is where
    (k + 1/2) / size of all weight is reached. Where all weigh alike these are the scores themselves."""
    order = np.argsort(-scores, kind="stable")
    share = weights[order].cumsum() / weights.sum()
    size = effective_size(weights)
    wanted = (np.arange(size) + 0.5) / max(size, 1)
    return scores[order][np.minimum(np.searchsorted(share, wanted), len(scores) - 1)]


class Curves:
    """Heads and scores of the curves over segments of these roles [segments] and weights float64 [segments]."""

    def __init__(self, roles: np.ndarray, weights: np.ndarray) -> None:
        self.roles, self.weights = roles, weights
        self.heads: list[dict] = []
        self.arrays: dict[str, np.ndarray] = {}

    def add(self, signal: str, kind: str, window: int, role: str, scores: np.ndarray, keep: int | None) -> None:
        """One of all segments, or of a role."""
        key = f"c{len(self.heads)}"
        taken = np.isfinite(scores) & ((self.roles == role) | (role == "all"))
        sample = equal_sample(scores[taken], self.weights[taken])
        self.heads.append({"signal": signal, "aggregate": {"kind": kind, "window": window}, "role": role,
                           "segments": int(len(sample)), "key": key})
        self.arrays[key] = sample[:keep].astype(np.float32)
