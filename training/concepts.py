"""Concepts: for every label a sparse weighted set of at most 64 features, fitted through the dictionary.

The dense head w gives the start: its reading of the reconstruction is sum_j a_j (d_j . w) + b_dec . w + b. The weights
are then fitted on rows of the train split with the loss of the adaptation (masked labels, softmax-weighted rolling
means) and pruned in steps to 64, by |weight| times the feature's root mean square. The aggregate of each concept is the
local one of `aggregates.CANDIDATES` with the best mean AUROC over sources of a validation part of the train split.

    python concepts.py --out BUILD_FOLDER [--seed 4]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from adapt import ROLLING_TOKENS
from aggregates import CANDIDATES, aggregate_rows
from concept_file import write_concepts
from concept_rows import encoded_rows, fit_rows, hash_group
from data import LABELS, Segment
from features import Corpus, Encoder
from report import auroc

# (features a concept, learning rates of the passes with so many)
KEEP_STEPS = ((4096, (3e-3,)), (768, (3e-3,)), (256, (3e-3,)), (128, (3e-3,)), (64, (5e-3, 3.5e-3, 2e-3, 1e-3)))
# Evidence at any offset of a long text counts as in a short one, and a stream can be let go once no match can reach back.
LOCAL = ("max", "max_rolling_mean")


def weights_of(segments: list[Segment]) -> tuple[Tensor, Tensor]:
    """target and weight float32 [segments, labels]; unknown labels weigh 0, the others by inverse root frequency."""
    known = np.zeros((len(segments), len(LABELS)), np.float32)
    target = np.zeros_like(known)
    for i, segment in enumerate(segments):
        for name, value in segment.labels.items():
            known[i, LABELS.index(name)] = 1
            target[i, LABELS.index(name)] = value
    up = 1 / np.sqrt(np.maximum((known * target).sum(0), 50))
    down = 1 / np.sqrt(np.maximum((known * (1 - target)).sum(0), 50))
    return torch.from_numpy(target), torch.from_numpy((known * np.where(target > 0, up, down)).astype(np.float32))


def signals(corpus: Corpus, tokens: slice, weight: Tensor, bias: Tensor) -> Tensor:
    """Sparse product over a run of tokens -> [tokens, labels]."""
    start = corpus.token_start[tokens.start : tokens.stop + 1]
    index = torch.from_numpy(corpus.index[start[0] : start[-1]].astype(np.int64))
    value = torch.from_numpy(corpus.value[start[0] : start[-1]])
    offsets = torch.from_numpy((start[:-1] - start[0]).astype(np.int64))
    return F.embedding_bag(index, weight, offsets, mode="sum", per_sample_weights=value) + bias


def pool(values: Tensor, lengths: np.ndarray) -> Tensor:
    """[tokens, labels] of rows laid end to end -> [rows, labels], as the adaptation pools."""
    owner = torch.repeat_interleave(torch.arange(len(lengths)), torch.from_numpy(lengths))
    starts = np.repeat(np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    here = np.arange(len(owner))
    back = torch.from_numpy(np.maximum(here - ROLLING_TOKENS, starts - 1) + 1)
    sums = F.pad(values.cumsum(0), (0, 0, 1, 0))
    smooth = (sums[1:] - sums[back]) / torch.from_numpy(here + 1 - back.numpy())[:, None]
    peak = torch.full((len(lengths), values.shape[1]), -1e9).index_reduce(0, owner, smooth.detach(), "amax")
    weight = torch.exp(smooth - peak[owner])
    total = torch.zeros_like(peak).index_add(0, owner, weight)
    return torch.zeros_like(peak).index_add(0, owner, weight * smooth) / total


class Fit:
    """Weights [features, labels] with a mask that only shrinks."""

    def __init__(self, corpus: Corpus, segments: list[Segment], encoder: Encoder, heads: dict[str, Tensor]):
        self.corpus, self.segments = corpus, segments
        self.target, self.importance = weights_of(segments)
        self.weight = (encoder.W_dec @ heads["linear.weight"].T).requires_grad_(True)
        self.bias = (heads["linear.weight"] @ encoder.b_dec + heads["linear.bias"]).clone().requires_grad_(True)
        self.mask = torch.ones_like(self.weight)
        squares = np.bincount(corpus.index, corpus.value.astype(np.float64) ** 2, minlength=len(encoder.b_enc))
        self.scale = torch.from_numpy(np.sqrt(squares / len(corpus.token_ids))).float()

    def prune(self, keep: int) -> None:
        score = self.weight.detach().abs() * self.mask * self.scale[:, None]
        self.mask = torch.zeros_like(score).scatter(0, score.topk(keep, 0).indices, 1.0) * (score > 0)
        with torch.no_grad():
            self.weight *= self.mask

    def epoch(self, rows: np.ndarray, rng: np.random.Generator, rate: float, l1: float) -> float:
        """One pass over runs of 128 neighbouring rows; rows come shuffled from the start."""
        optimizer = torch.optim.Adam([{"params": [self.weight], "lr": rate}, {"params": [self.bias], "lr": rate * 5}])
        losses = []
        blocks = [rows[i : i + 128] for i in range(0, len(rows), 128)]
        for which in rng.permutation(len(blocks)):
            block = blocks[which]
            start = self.corpus.row_start
            tokens = slice(int(start[block[0]]), int(start[block[-1] + 1]))
            lengths = np.diff(start[block[0] : block[-1] + 2])
            values = signals(self.corpus, tokens, self.weight * self.mask, self.bias)
            kept = torch.from_numpy(lengths > 0)
            pooled = pool(values, lengths[lengths > 0])
            target, importance = self.target[block][kept], self.importance[block][kept]
            loss = F.binary_cross_entropy_with_logits(pooled, target, reduction="none") * importance
            loss = loss.sum() / importance.sum() + l1 * (self.weight.abs() * self.mask * self.scale[:, None]).sum(0).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return float(np.mean(losses))


@torch.no_grad()
def all_signals(corpus: Corpus, weight: Tensor, bias: Tensor) -> np.ndarray:
    parts = [signals(corpus, slice(i, min(i + 65536, len(corpus.token_ids))), weight, bias)
             for i in range(0, len(corpus.token_ids), 65536)]
    return torch.cat(parts).numpy()


def mean_auroc(segments: list[Segment], scores: np.ndarray, name: str) -> float | None:
    """Mean over sources that have at least 8 rows of both classes."""
    found = []
    for source in sorted({s.source for s in segments}):
        rows = [i for i, s in enumerate(segments) if s.source == source and name in s.labels]
        target = np.array([segments[i].labels[name] for i in rows])
        if len(rows) and 8 <= target.sum() <= len(target) - 8:
            found.append(auroc(target, scores[rows]))
    return float(np.mean(found)) if found else None


def choose_aggregates(values: np.ndarray, corpus: Corpus, segments: list[Segment]) -> dict[str, tuple]:
    """label -> (kind, window, mean AUROC), and the figure of every candidate."""
    table: dict[str, dict[str, float]] = {name: {} for name in LABELS}
    for kind, window in CANDIDATES:
        scores = aggregate_rows(values, corpus.row_start, kind, window)
        for index, name in enumerate(LABELS):
            figure = mean_auroc(segments, scores[:, index], name)
            if figure is not None:
                table[name][f"{kind}/{window}"] = round(figure, 4)
    best = {}
    for name in LABELS:
        if table[name]:
            local = [k for k in table[name] if k.split("/")[0] in LOCAL]
            kind, window = max(local, key=lambda k: table[name][k]).split("/")
            best[name] = (kind, int(window), table[name])
        else:
            best[name] = ("max_rolling_mean", ROLLING_TOKENS, {})
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", type=int, default=0, help="only so many rows (to try the whole way)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    started, rng = time.time(), np.random.default_rng(options.seed)
    rows = fit_rows(options.seed)
    rows = [rows[i] for i in rng.permutation(len(rows))[: options.rows or None]]
    encoder = Encoder.load(options.out)
    corpus = encoded_rows(options.out, rows, encoder)
    heads = torch.load(options.out / "adapt.pt", weights_only=False, map_location="cpu")["heads"]
    fit = Fit(corpus, rows, encoder, heads)
    groups = np.array([hash_group(s) for s in rows])
    validation = np.flatnonzero(groups == 0)
    train_blocks = np.arange(len(rows))
    fit.importance[validation] = 0
    for keep, rates in KEEP_STEPS:
        fit.prune(min(keep, len(fit.weight)))
        for rate in rates:
            loss = fit.epoch(train_blocks, rng, rate, 2e-3)
        print(f"{keep} features a concept: loss {loss:.4f}, {time.time() - started:.0f} s", flush=True)
    weight = (fit.weight * fit.mask).detach()
    values = all_signals(corpus, weight, fit.bias.detach())
    held = [rows[i] for i in validation]
    sub = select_rows(corpus, validation)
    best = choose_aggregates(values[sub[1]], Corpus(sub[0], corpus.token_start, corpus.index, corpus.value, corpus.token_ids), held)
    write_concepts(options.out, weight, fit.bias.detach(), best)
    (options.out / "concepts-fit.json").write_text(json.dumps(
        {"seed": options.seed, "rows": len(rows), "tokens": len(corpus.token_ids), "seconds": round(time.time() - started),
         "aggregates": {k: {"chosen": f"{v[0]}/{v[1]}", "auroc": v[2]} for k, v in best.items()}}, indent=1))


def select_rows(corpus: Corpus, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """New row_start and the token indices of the chosen rows."""
    spans = [np.arange(corpus.row_start[i], corpus.row_start[i + 1]) for i in rows]
    return np.concatenate([[0], np.cumsum([len(s) for s in spans])]), np.concatenate(spans)


if __name__ == "__main__":
    main()
