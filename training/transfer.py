"""Transfer, measured by leaving out: for every public source a probe for harm of any kind is fitted on all others and on the
written rows, and measured on the one left out. Three probes on the same rows: 64 features of the dictionary, the mean and
maximum residual (dense), words and characters (TF-IDF). The reader itself has seen the rows of all but the five held-out
sources, so the figure is of what its representation carries over, not of a reader that never met the source.

Then the calibration of probabilities: Platt's scaling (Platt 1999) of the concept `any` on a validation part of the train
split, its expected calibration error (Guo et al. 2017, arXiv:1706.04599; ten bins of equal width) on the held-out sources. A
probability holds for the share of harm that the rows have; the sources have shares of their own.

    python transfer.py --out BUILD_FOLDER      keeps transfer-pooled.npz, writes BUILD_FOLDER/transfer.json
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.preprocessing import StandardScaler

from aggregates import aggregate_rows
from calibrate import concept_matrix
from concept_rows import fit_rows, hash_group
from concepts import all_signals
from data import HELD_OUT_SOURCES, Segment, written
from device import DEVICE
from eval_rows import evaluation_rows
from features import Corpus, Encoder, encode_segments
from harvest import load_reader
from public_weights import read_public_weights
from reference_tokenizer import ReferenceTokenizer
from report import auroc

LEAST_PER_CLASS, FEATURES, BINS = 25, 64, 10


def transfer_rows(seed: int) -> list[Segment]:
    """Rows with a known `any`: those that concepts are fitted on, and the rows that measure, of public sources."""
    measuring = [s for part, s in evaluation_rows(200) if part.split("/")[0] in {"dev", "transfer"}]
    return [s for s in fit_rows(seed) + measuring if "any" in s.labels]


def pooled(corpus: Corpus, features: int) -> tuple[csr_matrix, np.ndarray]:
    """Highest activation of each feature in a row, sparse [rows, features], and the row's mean and maximum residual."""
    rows = len(corpus.row_start) - 1
    row_of_token = np.repeat(np.arange(rows), np.diff(corpus.row_start))
    row = np.repeat(row_of_token, np.diff(corpus.token_start))
    order = np.lexsort((corpus.value, row.astype(np.int64) * features + corpus.index))
    key = (row.astype(np.int64) * features + corpus.index)[order]
    last = np.append(key[1:] != key[:-1], True)
    highest = csr_matrix((corpus.value[order][last], (key[last] // features, key[last] % features)), shape=(rows, features))
    residual = np.zeros((rows, 2 * corpus.residual.shape[1]), np.float32)
    for i in range(rows):
        first, end = corpus.row_start[i], corpus.row_start[i + 1]
        if end > first:
            part = corpus.residual[first:end].astype(np.float32)
            residual[i] = np.concatenate([part.mean(0), part.max(0)])
    return highest, residual


def read(build: Path, rows: list[Segment]) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """Highest activations, residuals and the concept `any` of every row; read once, then from the build folder."""
    kept = build / "transfer-pooled.npz"
    if not kept.exists():
        encoder = Encoder.load(build)
        corpus = encode_segments(rows, load_reader(build).to(DEVICE), encoder, ReferenceTokenizer(read_public_weights()),
                                 max_windows=2, residuals=True)
        highest, residual = pooled(corpus, len(encoder.b_enc))
        concept = [c for c in json.loads((build / "concepts.json").read_text()) if c["name"] == "any"]
        values = all_signals(corpus, *concept_matrix(concept, len(encoder.b_enc)))
        shape = concept[0]["aggregate"]
        score = aggregate_rows(values, corpus.row_start, shape["kind"], shape["window"])[:, 0]
        np.savez(kept, data=highest.data, indices=highest.indices, indptr=highest.indptr, shape=highest.shape,
                 residual=residual.astype(np.float16), score=score)
    arrays = np.load(kept)
    highest = csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape=arrays["shape"])
    if highest.shape[0] != len(rows):
        raise SystemExit(f"{kept}: {highest.shape[0]} rows, {len(rows)} wanted; remove the file to read them anew")
    return highest, arrays["residual"].astype(np.float32), arrays["score"]


def strongest_features(highest: csr_matrix, y: np.ndarray) -> np.ndarray:
    """The features whose means differ most between the classes, in standard deviations."""
    mean = [np.asarray(highest[y == value].mean(0)).ravel() for value in (0, 1)]
    square = np.asarray(highest.multiply(highest).mean(0)).ravel()
    spread = np.sqrt(np.maximum(square - np.asarray(highest.mean(0)).ravel() ** 2, 0)) + 1e-3
    return np.argsort(-np.abs(mean[1] - mean[0]) / spread)[:FEATURES]


def probe(x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> float | None:
    scaler = StandardScaler().fit(x[train])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=0.03, max_iter=100, class_weight="balanced").fit(scaler.transform(x[train]), y[train])
    return auroc(y[test], model.decision_function(scaler.transform(x[test])))


def leave_one_source_out(rows: list[Segment], highest: csr_matrix, residual: np.ndarray) -> dict:
    y = np.array([s.labels["any"] for s in rows])
    source = np.array([s.source for s in rows])
    own = {s.source for s in written()} | {"ordinary"}
    vectors = hstack([TfidfVectorizer(min_df=3, ngram_range=(1, 2), sublinear_tf=True).fit_transform([s.text for s in rows]),
                      TfidfVectorizer(min_df=3, analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True,
                                      max_features=150_000).fit_transform([s.text for s in rows])]).tocsr()
    found = {}
    for name in sorted(set(source) - own):
        test = source == name
        if np.bincount(y[test], minlength=2).min() < LEAST_PER_CLASS:
            continue
        chosen = strongest_features(highest[~test], y[~test])
        words = SGDClassifier(loss="log_loss", alpha=2e-6, max_iter=12, tol=None, class_weight="balanced", random_state=1)
        words.fit(vectors[~test], y[~test])
        found[name] = {"features": probe(highest[:, chosen].toarray(), y, ~test, test), "dense": probe(residual, y, ~test, test),
                       "tfidf": auroc(y[test], words.decision_function(vectors[test])), "rows": int(test.sum()),
                       "positives": int(y[test].sum()), "read_by_reader": name not in HELD_OUT_SOURCES}
        print(name, found[name], flush=True)
    mean = {k: round(float(np.mean([v[k] for v in found.values()])), 4) for k in ("features", "dense", "tfidf")}
    return {"sources": found, "mean": mean}


def expected_calibration_error(probability: np.ndarray, y: np.ndarray) -> float:
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = [abs(probability[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in range(BINS) if (bins == b).any()]
    return round(float(sum(gaps)), 4)


def probabilities(rows: list[Segment], score: np.ndarray) -> dict:
    """Platt's scaling on the validation part, its error there (halves, crossed) and on the held-out sources."""
    y = np.array([s.labels["any"] for s in rows])
    validation = np.array([s.split == "train" and hash_group(s) == 0 for s in rows])
    held_out = np.array([s.source in HELD_OUT_SOURCES for s in rows])
    x = np.nan_to_num(score, neginf=float(score[np.isfinite(score)].min()))[:, None]
    model = LogisticRegression(C=100).fit(x[validation], y[validation])
    p = model.predict_proba(x)[:, 1]
    by_source = {name: expected_calibration_error(p[chosen], y[chosen])
                 for name in sorted(HELD_OUT_SOURCES) if (chosen := np.array([s.source == name for s in rows])).any()}
    return {"slope": round(float(model.coef_[0, 0]), 4), "intercept": round(float(model.intercept_[0]), 4),
            "validation_rows": int(validation.sum()), "validation_share_of_harm": round(float(y[validation].mean()), 4),
            "validation": expected_calibration_error(p[validation], y[validation]),
            "held_out_rows": int(held_out.sum()), "held_out_share_of_harm": round(float(y[held_out].mean()), 4),
            "held_out": expected_calibration_error(p[held_out], y[held_out]), "held_out_by_source": by_source}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(2)
    started = time.time()
    rows = transfer_rows(options.seed)
    highest, residual, score = read(options.out, rows)
    figures = {"rows": len(rows), "probabilities": probabilities(rows, score)}
    print(json.dumps(figures["probabilities"]), flush=True)
    figures |= leave_one_source_out(rows, highest, residual) | {"seconds": round(time.time() - started)}
    (options.out / "transfer.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures["mean"]), flush=True)


if __name__ == "__main__":
    main()
