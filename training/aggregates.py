"""How token values of a segment become one value: the same four aggregates as `detectors/aggregate.ts`."""

from __future__ import annotations

import numpy as np

CANDIDATES = (("max", 1), ("mean", 0), ("top_k_mean", 4), ("top_k_mean", 8), ("top_k_mean", 16),
              ("max_rolling_mean", 4), ("max_rolling_mean", 8), ("max_rolling_mean", 16))


def rolling_means(values: np.ndarray, width: int) -> np.ndarray:
    """values [tokens, signals] -> mean of the last min(width, t + 1) values at each token t."""
    sums = np.cumsum(values, 0, dtype=np.float64)
    shifted = np.concatenate([np.zeros((width, values.shape[1])), sums])[: len(sums)]
    return (sums - shifted) / np.minimum(np.arange(1, len(values) + 1), width)[:, None]


def aggregate(values: np.ndarray, kind: str, window: int) -> np.ndarray:
    """values [tokens, signals], at least one token -> [signals]."""
    if kind == "max":
        return values.max(0)
    if kind == "mean":
        return values.mean(0, dtype=np.float64)
    if kind == "top_k_mean":
        k = min(window, len(values))
        return np.partition(values, len(values) - k, 0)[len(values) - k :].mean(0, dtype=np.float64)
    return rolling_means(values, window).max(0)


def aggregate_rows(values: np.ndarray, row_start: np.ndarray, kind: str, window: int) -> np.ndarray:
    """All segments of a corpus -> float32 [segments, signals]; a segment without tokens gives -inf."""
    out = np.full((len(row_start) - 1, values.shape[1]), -np.inf, np.float32)
    for i in range(len(out)):
        if row_start[i + 1] > row_start[i]:
            out[i] = aggregate(values[row_start[i] : row_start[i + 1]], kind, window)
    return out
