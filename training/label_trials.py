"""Blind scores for labels of features: can somebody who sees only the label tell texts on which the feature is active?

    python label_trials.py carry --out BUILD_FOLDER                labels.jsonl of the dictionary that this one was begun from, all untried
    python label_trials.py make --out BUILD_FOLDER [--texts 12]    trials.jsonl (label, six texts in random order) and trials-key.jsonl
    python label_trials.py score ANSWERS.jsonl... --out BUILD_FOLDER     the scores go into labels.jsonl

A trial has six stretches of dev rows, never seen by whoever wrote the label: three on which the feature is active (one from each
third of its activations there) and three on which it is not. `make` writes as many as a label lacks to be told by so many texts. An
answer is {"trial", "active": [numbers of the texts, from 0]} and names three. The score is the share of right texts over all of a
label's trials, 0.5 by chance; it goes into `labels.jsonl` as `score`, with the number of `texts`. One trial says little: two of three
right, a score of .667, come up by chance every other time.
(Detection scoring, Bills et al. 2023 and Paulo et al. 2024, arXiv:2410.13928.)
"""

from __future__ import annotations

import argparse
import collections
import json
from pathlib import Path

import numpy as np
import torch

from data import written
from describe import example, read_labels, dictionary_digest
from device import DEVICE
from features import Corpus, Encoder, encode_segments
from harvest import load_reader
from public_weights import PublicWeights, read_public_weights
from reference_tokenizer import ReferenceTokenizer

LABELS_FILE = Path(__file__).parent / "labels.jsonl"
TEXTS = 6


def carry(build: Path) -> None:
    """Labels of the dictionary that this one went on from become drafts: same features, nothing said of their scores."""
    head, *rows = map(json.loads, LABELS_FILE.read_text().splitlines())
    drafts = [{"index": row["index"], "label": row["label"]} for row in rows]
    head = {"dictionary": dictionary_digest(Encoder.load(build)), "note": head["note"]}
    LABELS_FILE.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [head, *drafts]))
    print(f"{len(drafts)} labels to be tried")


def strongest_by_segment(corpus: Corpus, entries: np.ndarray) -> dict[int, tuple[int, float]]:
    """segment -> (token, value) of its strongest entry."""
    found: dict[int, tuple[int, float]] = {}
    tokens = np.searchsorted(corpus.token_start, entries, side="right") - 1
    segments = np.searchsorted(corpus.row_start, tokens, side="right") - 1
    for entry, token, segment in zip(entries, tokens, segments):
        value = float(corpus.value[entry])
        if segment not in found or value > found[segment][1]:
            found[int(segment)] = (int(token), value)
    return found


def trial_of(corpus: Corpus, weights: PublicWeights, feature: int, active: dict[int, tuple[int, float]],
             rng: np.random.Generator) -> list[tuple[str, bool]] | None:
    """Six texts, and on which the feature is active; None where dev rows have too few silent ones."""
    ranked = sorted(active.values(), key=lambda tv: -tv[1])
    chosen = [ranked[int(rng.choice(third))][0] for third in np.array_split(np.arange(len(ranked)), 3)]
    rows = len(corpus.row_start) - 1
    silent = [i for i in rng.permutation(rows) if i not in active and corpus.row_start[i + 1] > corpus.row_start[i]][:3]
    if len(silent) < 3:
        return None
    others = [int(rng.integers(corpus.row_start[i], corpus.row_start[i + 1])) for i in silent]
    texts = [(example(corpus, weights, feature, token, 0)["text"], token in chosen) for token in chosen + others]
    return [texts[i] for i in rng.permutation(TEXTS)]


def make(build: Path, seed: int, wanted: int) -> None:
    rng, weights = np.random.default_rng(seed), read_public_weights()
    rows = [s for s in written() if s.split == "dev"]
    encoder = Encoder.load(build)
    labels = read_labels(LABELS_FILE, dictionary_digest(encoder))
    corpus = encode_segments(rows, load_reader(build).to(DEVICE), encoder, ReferenceTokenizer(weights), max_windows=1)
    order = np.argsort(corpus.index, kind="stable")
    bounds = np.searchsorted(corpus.index[order], np.arange(len(encoder.b_enc) + 1))
    trials, key = [], []
    for feature, named in sorted(labels.items()):
        active = strongest_by_segment(corpus, order[bounds[feature] : bounds[feature + 1]])
        if len(active) < TEXTS:
            continue
        for _ in range((wanted - named.get("texts", 0)) // TEXTS):
            texts = trial_of(corpus, weights, feature, active, rng)
            if texts is not None:
                trials.append({"trial": len(trials), "label": named["label"], "texts": [t for t, _ in texts]})
                key.append({"trial": len(key), "index": feature, "active": [i for i, (_, hit) in enumerate(texts) if hit]})
    for name, lines in (("trials", [trials[i] for i in rng.permutation(len(trials))]), ("trials-key", key)):
        (build / f"{name}.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    print(f"{len(trials)} trials of {len(labels)} labels")


def score(build: Path, answers: list[Path]) -> None:
    key = {row["trial"]: row for row in map(json.loads, (build / "trials-key.jsonl").read_text().splitlines())}
    given = {row["trial"]: set(row["active"]) for path in answers for row in map(json.loads, path.read_text().splitlines())}
    right, told = collections.Counter(), collections.Counter()
    for trial, active in given.items():
        feature, hits = key[trial]["index"], set(key[trial]["active"])
        right[feature] += sum((t in active) == (t in hits) for t in range(TEXTS))
        told[feature] += TEXTS
    head, *rows = map(json.loads, LABELS_FILE.read_text().splitlines())
    for row in rows:
        if told[row["index"]]:
            before = row.get("texts", 0)
            row["texts"] = before + told[row["index"]]
            row["score"] = round((before * row.get("score", 0) + right[row["index"]]) / row["texts"], 3)
    LABELS_FILE.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [head, *rows]))
    print(f"{len(given)} trials of {len(told)} labels: {sum(right.values()) / sum(told.values()):.3f} of the texts told right, chance 0.5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("carry", "make", "score"))
    parser.add_argument("answers", type=Path, nargs="*")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=12)
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(2)
    if options.what == "carry":
        carry(options.out)
    elif options.what == "make":
        make(options.out, options.seed, options.texts)
    else:
        score(options.out, options.answers)


if __name__ == "__main__":
    main()
