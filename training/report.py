"""Figures on rows that were not trained on: dev rows of the trained sources, dev rows of the written parts, and whole
sources that were held out."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from data import LABELS, Segment
from device import DEVICE, autocast
from eval_rows import evaluation_rows
from windows import batches_of, padded, windows_of


def auroc(target: np.ndarray, score: np.ndarray) -> float | None:
    return round(float(roc_auc_score(target, score)), 4) if 0 < target.sum() < len(target) else None


@torch.no_grad()
def score_rows(segments: list[Segment], tokenizer, forward, pool) -> np.ndarray:
    """forward(ids) -> token logits; pool as in `adapt.pool_rows` -> float32 [rows, labels]."""
    encoded = tokenizer.encode_many([s.text for s in segments])
    windows = [windows_of(ids, tokenizer.prefix(s.role), i, 16) for i, (s, ids) in enumerate(zip(segments, encoded))]
    scores = np.zeros((len(segments), len(LABELS)), np.float32)
    for batch in batches_of(windows, 8192):
        ids, scored = padded(batch)
        rows = sorted({w.row for w in batch})
        owner = torch.tensor([rows.index(w.row) for w in batch], device=DEVICE)
        with autocast():
            logits = forward(torch.from_numpy(ids).to(DEVICE)).float()
        pooled = pool(logits, torch.from_numpy(scored).to(DEVICE), owner, len(rows))
        scores[rows] = pooled.float().cpu().numpy()
    return scores


def summarise(parts: list[str], segments: list[Segment], scores: np.ndarray) -> dict:
    """AUROC of `any` and of every label, by part, and means over parts."""
    by_part: dict[str, dict[str, float]] = {}
    for part in sorted(set(parts)):
        chosen = np.array([p == part for p in parts])
        for index, name in enumerate(LABELS):
            rows = [i for i in np.flatnonzero(chosen) if name in segments[i].labels]
            value = auroc(np.array([segments[i].labels[name] for i in rows]), scores[rows, index]) if rows else None
            if value is not None:
                by_part.setdefault(part, {})[name] = value
    means = {kind: round(float(np.mean([v["any"] for p, v in by_part.items() if p.startswith(kind) and "any" in v] or [0])), 4)
             for kind in ("written", "later", "dev", "transfer")}
    written_rows = [i for i, p in enumerate(parts) if p.startswith("written/")]
    labels = {}
    for index, name in enumerate(LABELS):
        rows = [i for i in written_rows if name in segments[i].labels]
        labels[name] = auroc(np.array([segments[i].labels[name] for i in rows]), scores[rows, index])
    return {"mean_any": means, "written_by_label": labels, "by_part": by_part}


def dev_report(reader, heads, tokenizer, pool) -> dict:
    rows = evaluation_rows(160)
    reader.eval()
    scores = score_rows([s for _, s in rows], tokenizer, lambda ids: heads(reader(ids)), pool)
    return summarise([p for p, _ in rows], [s for _, s in rows], scores)
