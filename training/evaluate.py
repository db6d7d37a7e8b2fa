"""Figures of the finished featureset on rows that were not trained on, for the model card: concept against dense probe
against TF-IDF with logistic regression, by part, and alarms at the shipped thresholds.

    python evaluate.py --out BUILD_FOLDER       writes BUILD_FOLDER/evaluation.json, pooled.npz (features and residuals of
                                                every row, for probing.py) and training/baseline.json (TF-IDF, by part)
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_union

from aggregates import aggregate_rows
from calibrate import any_rarity, calibrated as calibrate_values, concept_matrix
from concept_rows import fit_rows
from concepts import all_signals
from data import LABELS, Segment
from device import DEVICE
from eval_rows import evaluation_rows
from features import Corpus, Encoder, encode_segments
from harvest import load_reader
from public_weights import read_public_weights
from reference_tokenizer import ReferenceTokenizer
from report import auroc


def tfidf_scores(segments: list[Segment], seed: int) -> np.ndarray:
    """Words and characters, logistic regression, trained on the rows that the concepts were fitted on, for `any`."""
    rows = [s for s in fit_rows(seed) if "any" in s.labels]
    features = make_union(TfidfVectorizer(min_df=3, ngram_range=(1, 2), sublinear_tf=True),
                          TfidfVectorizer(min_df=3, analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=200_000))
    matrix = features.fit_transform([s.text for s in rows])
    model = LogisticRegression(C=4, max_iter=300).fit(matrix, [s.labels["any"] for s in rows])
    return model.decision_function(features.transform([s.text for s in segments]))


def calibrated(build: Path, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    heads = json.loads((build / "calibration.json").read_text())["curves"]
    arrays = np.load(build / "calibration.npz")
    concepts = {c["name"]: c for c in json.loads((build / "concepts.json").read_text())}
    out = {}
    for head in heads:
        name = head["signal"].removeprefix("concept/")
        if head["role"] == "all" and name in concepts and concepts[name]["aggregate"] == head["aggregate"]:
            out[name] = calibrate_values(arrays[head["key"]], raw[name])
    return out


def reading_scores(build: Path, values: np.ndarray, row_start: np.ndarray, concepts: list[dict], reading: dict) -> np.ndarray:
    """Rarity of one reading {"concept", "aggregate"} in every row."""
    heads = json.loads((build / "calibration.json").read_text())["curves"]
    head = next(h for h in heads if h["role"] == "all" and h["signal"] == f"concept/{reading['concept']}" and h["aggregate"] == reading["aggregate"])
    index = [c["name"] for c in concepts].index(reading["concept"])
    shape = reading["aggregate"]
    raw = aggregate_rows(values[:, index : index + 1], row_start, shape["kind"], shape["window"])[:, 0]
    return calibrate_values(np.load(build / "calibration.npz")[head["key"]], raw)


def figures_of(segments: list[Segment], parts: list[str], name: str, score: np.ndarray, threshold: float | None) -> dict:
    """Per part with both classes: rows, positives, AUROC, AUPRC, and recall and false alarms at the threshold."""
    found = {}
    for part in sorted(set(parts)):
        rows = [i for i, p in enumerate(parts) if p == part and name in segments[i].labels]
        target = np.array([segments[i].labels[name] for i in rows])
        if not len(rows):
            continue
        entry = {"rows": len(rows), "positives": int(target.sum()), "auroc": auroc(target, score[rows])}
        if entry["auroc"] is not None:
            entry["auprc"] = round(float(average_precision_score(target, score[rows])), 4)
        if threshold is not None:
            alarm = score[rows] >= threshold
            entry["recall"] = round(float(alarm[target == 1].mean()), 4) if target.any() else None
            entry["fpr"] = round(float(alarm[target == 0].mean()), 4) if (target == 0).any() else None
        found[part] = entry
    return found


def mean_by_kind(found: dict, key: str = "auroc") -> dict:
    kinds = {}
    for kind in ("written", "later", "dev", "transfer"):
        values = [v[key] for p, v in found.items() if p.startswith(kind) and v.get(key) is not None]
        kinds[kind] = round(float(np.mean(values)), 4) if values else None
    return kinds


def save_pooled(build: Path, corpus: Corpus, features: int) -> None:
    """Highest activation of every feature in a row, float16 [rows, features], and the row's mean and maximum residual."""
    rows = len(corpus.row_start) - 1
    highest = np.zeros((rows, features), np.float32)
    residual = np.zeros((rows, 2 * corpus.residual.shape[1]), np.float32)
    for i in range(rows):
        first, last = corpus.row_start[i], corpus.row_start[i + 1]
        if last > first:
            entries = slice(corpus.token_start[first], corpus.token_start[last])
            np.maximum.at(highest[i], corpus.index[entries], corpus.value[entries])
            part = corpus.residual[first:last].astype(np.float32)
            residual[i] = np.concatenate([part.mean(0), part.max(0)])
    np.savez(build / "pooled.npz", highest=highest.astype(np.float16), residual=residual.astype(np.float16))


def evaluate(build: Path) -> None:
    rows = evaluation_rows()
    parts, segments = [p for p, _ in rows], [s for _, s in rows]
    reader, encoder = load_reader(build).to(DEVICE), Encoder.load(build)
    corpus = encode_segments(segments, reader, encoder, ReferenceTokenizer(read_public_weights()), max_windows=16, residuals=True)
    concepts = json.loads((build / "concepts.json").read_text())
    values = all_signals(corpus, *concept_matrix(concepts, len(encoder.b_enc)))
    heads = torch.load(build / "adapt.pt", weights_only=False, map_location="cpu")["heads"]
    dense = corpus.residual.astype(np.float32) @ heads["linear.weight"].numpy().T + heads["linear.bias"].numpy()
    raw, probe = {}, {}
    for i, concept in enumerate(concepts):
        shape = concept["aggregate"]
        raw[concept["name"]] = aggregate_rows(values[:, i : i + 1], corpus.row_start, shape["kind"], shape["window"])[:, 0]
        probe[concept["name"]] = aggregate_rows(dense[:, i : i + 1], corpus.row_start, "max_rolling_mean", 8)[:, 0]
    score = calibrated(build, raw)
    known = json.loads((build / "any.json").read_text())
    any_kind = any_rarity(known["curve"], np.max([reading_scores(build, values, corpus.row_start, concepts, r) for r in known["readings"]], 0))
    harm = [n for n in LABELS if n not in {"any", "refusal"}]
    variants = {"any": any_kind, "any_concept": score["any"], "strongest": np.max([score[n] for n in harm], 0),
                "strongest_without_toxicity": np.max([score[n] for n in harm if n != "toxicity"], 0),
                "strongest_and_any": np.max([score[n] for n in harm if n != "toxicity"] + [score["any"]], 0),
                "probe_any": probe["any"], "tfidf": tfidf_scores(segments, 4)}
    report: dict = {"any": {}, "labels": {}}
    for label, variant in variants.items():
        found = figures_of(segments, parts, "any", variant, 2.0 if label in {"any", "any_concept"} else None)
        report["any"][label] = {"mean_auroc": mean_by_kind(found), "mean_auprc": mean_by_kind(found, "auprc"), "by_part": found}
        print(label, report["any"][label]["mean_auroc"], report["any"][label]["mean_auprc"], flush=True)
    for name in LABELS:
        concept, dense_part = (figures_of(segments, parts, name, s, t) for s, t in ((score[name], 2.0), (probe[name], None)))
        report["labels"][name] = {"concept": mean_by_kind(concept), "probe": mean_by_kind(dense_part), "by_part": concept}
        own = [i for i, p in enumerate(parts) if p.startswith("written/") and name in segments[i].labels]
        target = np.array([segments[i].labels[name] for i in own])
        report["labels"][name]["written_together"] = {"concept": auroc(target, score[name][own]), "probe": auroc(target, probe[name][own])}
        print(name, report["labels"][name]["written_together"], report["labels"][name]["concept"], flush=True)
    (build / "evaluation.json").write_text(json.dumps(report, indent=1))
    baseline = {p: {k: v.get(k) for k in ("auroc", "auprc")} for p, v in report["any"]["tfidf"]["by_part"].items()}
    (Path(__file__).parent / "baseline.json").write_text(json.dumps(baseline, indent=1) + "\n")
    save_pooled(build, corpus, len(encoder.b_enc))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(2)
    evaluate(options.out)


if __name__ == "__main__":
    main()
