"""Two measures of the dictionary apart from what its concepts were fitted for.

Sparse probing (Gurnee et al. 2023, arXiv:2305.01610; k-sparse as in SAEBench, arXiv:2503.09532): for every label the k features
with the greatest difference of means, logistic regression on their highest activation in a row, beside logistic
regression on the row's mean and maximum residual. Rows that were not trained on, halved by group.

Agreement between languages: the 64 strongest features of a sentence against those of its translation (Jaccard index),
beside those of another sentence in that language.

    python probing.py --out BUILD_FOLDER       reads pooled.npz of evaluate.py, writes BUILD_FOLDER/probing.json
"""

from __future__ import annotations

import argparse
import json
import warnings
import zlib
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from consistency import translations
from data import LABELS, Segment
from device import DEVICE
from eval_rows import evaluation_rows
from features import Encoder, encode_segments
from harvest import load_reader
from public_weights import read_public_weights
from reference_tokenizer import ReferenceTokenizer
from report import auroc

SPARSITY = (1, 5, 16, 64)
LEAST_PER_CLASS, MOST_ROWS, SENTENCES, STRONGEST = 30, 4000, 150, 64


def probe_auroc(x: np.ndarray, y: np.ndarray, train: np.ndarray) -> float | None:
    scaler = StandardScaler().fit(x[train])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=0.3, max_iter=200, class_weight="balanced").fit(scaler.transform(x[train]), y[train])
    return auroc(y[~train], model.decision_function(scaler.transform(x[~train])))


def sparse_probing(build: Path) -> dict:
    pooled = np.load(build / "pooled.npz")
    highest, residual = pooled["highest"].astype(np.float32), pooled["residual"].astype(np.float32)
    rows = evaluation_rows()
    half = np.array([zlib.crc32(f"{p}/{s.group or s.text[:40]}".encode("utf-8", "replace")) % 2 == 0 for p, s in rows])
    found = {}
    for name in LABELS:
        own = np.array([i for i, (_, s) in enumerate(rows) if name in s.labels])
        own = np.random.default_rng(1).permutation(own)[:MOST_ROWS]
        y, train = np.array([rows[i][1].labels[name] for i in own]), half[own]
        if min(np.bincount(y[train], minlength=2).min(), np.bincount(y[~train], minlength=2).min()) < LEAST_PER_CLASS:
            continue
        x = highest[own]
        spread = x[train].std(0) + 1e-3
        order = np.argsort(-np.abs(x[train][y[train] == 1].mean(0) - x[train][y[train] == 0].mean(0)) / spread)
        found[name] = {f"k{k}": probe_auroc(x[:, order[:k]], y, train) for k in SPARSITY}
        found[name] |= {"dense": probe_auroc(residual[own], y, train), "rows": len(own), "positives": int(y.sum())}
        print(name, found[name], flush=True)
    keys = [f"k{k}" for k in SPARSITY] + ["dense"]
    return {"labels": found, "mean": {k: round(float(np.mean([v[k] for v in found.values()])), 4) for k in keys}}


def strongest_features(texts: list[str], build: Path) -> list[set[int]]:
    reader, encoder = load_reader(build).to(DEVICE), Encoder.load(build)
    corpus = encode_segments([Segment(t, "user", {}, "pud", "dev") for t in texts], reader, encoder,
                             ReferenceTokenizer(read_public_weights()), max_windows=1)
    sets = []
    for i in range(len(texts)):
        entries = slice(corpus.token_start[corpus.row_start[i]], corpus.token_start[corpus.row_start[i + 1]])
        highest = np.zeros(len(encoder.b_enc), np.float32)
        np.maximum.at(highest, corpus.index[entries], corpus.value[entries])
        sets.append(set(np.argsort(-highest)[:STRONGEST].tolist()))
    return sets


def jaccard(a: set[int], b: set[int]) -> float:
    return len(a & b) / len(a | b)


def language_agreement(build: Path) -> dict:
    rows = translations(True)[:SENTENCES]
    languages = [k for k in rows[0] if k != "en"]
    english = strongest_features([r["en"] for r in rows], build)
    found = {}
    for language in languages:
        other = strongest_features([r[language] for r in rows], build)
        same = float(np.mean([jaccard(a, b) for a, b in zip(english, other)]))
        random = float(np.mean([jaccard(a, b) for a, b in zip(english, other[1:] + other[:1])]))
        found[language] = {"translation": round(same, 4), "other_sentence": round(random, 4)}
    print(json.dumps(found), flush=True)
    return {"sentences": len(rows), "features": STRONGEST, "by_language": found,
            "mean": {k: round(float(np.mean([v[k] for v in found.values()])), 4) for k in ("translation", "other_sentence")}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    build: Path = parser.parse_args().out
    torch.set_num_threads(2)
    figures = {"sparse_probing": sparse_probing(build), "languages": language_agreement(build)}
    (build / "probing.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
