"""What is known of each feature: density, neighbours by decoder cosine, and top examples from the project's own written
rows (Apache-2.0; no other text may be shown). Labels come from `labels.jsonl`, written by people and readers who saw the
examples: rows {"index", "label", "score"} behind a head {"dictionary": digest of the decoder}; labels of another
dictionary are refused. A feature that nobody named has no label.

    python describe.py --out BUILD_FOLDER [--relabel]

--relabel reads nothing again: it takes density.npy and the labels into the features.jsonl that is there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from data import Segment, written
from device import DEVICE
from features import Corpus, Encoder, encode_segments
from harvest import load_reader
from public_weights import PublicWeights, read_public_weights
from reference_tokenizer import ReferenceTokenizer

EXAMPLES_USED, EXAMPLES_OTHER, CONTEXT_BEFORE, CONTEXT_AFTER, NEIGHBOURS = 6, 2, 24, 10, 4


def token_text(weights: PublicWeights, ids: np.ndarray) -> tuple[str, list[tuple[int, int]]]:
    """The tokens as text with the UTF-16 span of each; normalisation is not undone."""
    text, spans = "", []
    for token in ids:
        piece = weights.pieces[token].replace("▁", " ")
        if not text:
            piece = piece.lstrip(" ")
        start = len(text.encode("utf-16-le")) // 2
        text += piece
        spans.append((start + (len(piece) - len(piece.lstrip(" "))), len(text.encode("utf-16-le")) // 2))
    return text, spans


def top_tokens(corpus: Corpus, feature_order: np.ndarray, bounds: np.ndarray, feature: int, count: int) -> list[tuple[int, float]]:
    """The strongest token of each of the `count` strongest segments: (token, value)."""
    entries = feature_order[bounds[feature] : bounds[feature + 1]]
    entries = entries[np.argsort(-corpus.value[entries], kind="stable")][:400]
    found: dict[int, tuple[int, float]] = {}
    for entry in entries:
        token = int(np.searchsorted(corpus.token_start, entry, side="right") - 1)
        segment = int(np.searchsorted(corpus.row_start, token, side="right") - 1)
        if segment not in found:
            found[segment] = (token, float(corpus.value[entry]))
        if len(found) == count:
            break
    return list(found.values())


def example(corpus: Corpus, weights: PublicWeights, feature: int, token: int, value: float) -> dict:
    segment = int(np.searchsorted(corpus.row_start, token, side="right") - 1)
    start = max(int(corpus.row_start[segment]), token - CONTEXT_BEFORE)
    stop = min(int(corpus.row_start[segment + 1]), token + CONTEXT_AFTER)
    text, spans = token_text(weights, corpus.token_ids[start:stop])
    active = []
    for t in range(start, stop):
        entries = slice(corpus.token_start[t], corpus.token_start[t + 1])
        hit = np.flatnonzero(corpus.index[entries] == feature)
        if len(hit):
            active.append((float(corpus.value[entries][hit[0]]), spans[t - start]))
    active.sort(key=lambda a: -a[0])
    return {"text": text, "spans": [list(s) for _, s in active[:6]], "value": round(value, 3)}


def dictionary_digest(encoder: Encoder) -> str:
    return hashlib.sha256(encoder.W_dec.numpy().tobytes()).hexdigest()[:16]


def read_labels(path: Path, digest: str) -> dict[int, dict]:
    """Labels by feature; none where the file is missing or was written for another dictionary (which is said)."""
    if not path.exists():
        return {}
    head, *rows = map(json.loads, path.read_text().splitlines())
    if head["dictionary"] != digest:
        print(f"describe: {path.name} names the features of dictionary {head['dictionary']}, not of {digest}: no labels")
        return {}
    return {row["index"]: row for row in rows}


def describe(build: Path, rows: list[Segment]) -> None:
    weights = read_public_weights()
    reader, encoder = load_reader(build).to(DEVICE), Encoder.load(build)
    corpus = encode_segments(rows, reader, encoder, ReferenceTokenizer(weights), max_windows=2)
    count = len(encoder.b_enc)
    order = np.argsort(corpus.index, kind="stable")
    bounds = np.searchsorted(corpus.index[order], np.arange(count + 1))
    used = {e["index"] for c in json.loads((build / "concepts.json").read_text()) for e in c["features"]}
    density_file = build / "density.npy"
    density = np.load(density_file) if density_file.exists() else np.zeros(count)
    cosine = encoder.W_dec @ encoder.W_dec.T
    cosine.fill_diagonal_(-1)
    near = torch.topk(cosine, NEIGHBOURS, 1)
    labels = read_labels(Path(__file__).parent / "labels.jsonl", dictionary_digest(encoder))
    with open(build / "features.jsonl", "w") as out:
        for feature in range(count):
            tops = top_tokens(corpus, order, bounds, feature, EXAMPLES_USED if feature in used else EXAMPLES_OTHER)
            named = labels.get(feature, {})
            out.write(json.dumps({
                "index": feature, "label": named.get("label"), "labelScore": named.get("score"),
                "density": round(float(density[feature]), 7),
                "examples": [example(corpus, weights, feature, t, v) for t, v in tops],
                "neighbours": [{"index": int(i), "cosine": round(float(c), 3)}
                               for c, i in zip(near.values[feature], near.indices[feature])]}, ensure_ascii=False) + "\n")


def relabel(build: Path) -> None:
    """The features.jsonl that is there, with today's labels, scores and densities."""
    labels = read_labels(Path(__file__).parent / "labels.jsonl", dictionary_digest(Encoder.load(build)))
    density = np.load(build / "density.npy")
    features = [json.loads(line) for line in (build / "features.jsonl").read_text().splitlines()]
    with open(build / "features.jsonl", "w") as out:
        for feature in features:
            named = labels.get(feature["index"], {})
            feature |= {"label": named.get("label"), "labelScore": named.get("score"),
                        "density": round(float(density[feature["index"]]), 7)}
            out.write(json.dumps(feature, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relabel", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.relabel:
        return relabel(options.out)
    describe(options.out, [s for s in written() if s.split == "train"])


if __name__ == "__main__":
    main()
