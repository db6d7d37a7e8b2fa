"""Golden values for detectors/metrics.ts: run with scikit-learn 1.x, prints test/golden/metrics.json."""

import json

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_fscore_support, roc_auc_score, roc_curve


def case(seed: int, rows: int, share: float, levels: int | None) -> dict:
    """Rows whose positives score somewhat higher; `levels` rounds the scores so that many tie."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(rows) < share).astype(int)
    scores = rng.normal(size=rows) + 1.2 * labels
    if levels is not None:
        scores = np.round(scores * levels) / levels
    scores = np.round(scores, 6)
    threshold = 0.5
    called = scores >= threshold
    precision, recall, f1, _ = precision_recall_fscore_support(labels, called, average="binary")
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    return {
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "threshold": threshold,
        "auroc": roc_auc_score(labels, scores),
        "auprc": average_precision_score(labels, scores),
        "recall_at_1pct_fpr": float(tpr[fpr <= 0.01].max()),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "fpr": float(called[labels == 0].mean()),
    }


CASES = [(1, 40, 0.5, None), (2, 40, 0.3, 2), (3, 300, 0.1, 4), (4, 300, 0.5, 1), (5, 1_000, 0.2, 20)]
print(json.dumps([case(*parameters) for parameters in CASES]))
