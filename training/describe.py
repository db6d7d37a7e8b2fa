"""What is known of each feature: density, neighbours by decoder cosine, and examples from the project's own written rows
(Apache-2.0; no other text may be shown): the strongest, and for features that concepts use or that have a label one from
the middle and one from the lowest third of the texts on which they are active, since the strongest alone mislead. Labels come
from `labels.jsonl`, written by people and readers who saw the examples: rows {"index", "label", "score", "texts"} behind a head
{"dictionary": digest of the decoder}; labels of another dictionary are refused. A feature that nobody named has no label.

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


def strongest_tokens(corpus: Corpus, entries: np.ndarray) -> list[tuple[int, float]]:
    """The strongest token of every segment on which a feature is active, strongest first: (token, value). `entries`: the feature's."""
    entries = entries[np.argsort(-corpus.value[entries], kind="stable")]
    tokens = np.searchsorted(corpus.token_start, entries, side="right") - 1
    _, first = np.unique(np.searchsorted(corpus.row_start, tokens, side="right"), return_index=True)
    first.sort()
    return list(zip(tokens[first].tolist(), corpus.value[entries[first]].tolist()))


def chosen_tokens(ranked: list[tuple[int, float]], strongest: int, weaker: bool) -> list[tuple[int, float]]:
    """The strongest, and the middle ones of the middle and of the lowest third."""
    if not weaker or len(ranked) < strongest + 6:
        return ranked[:strongest]
    return ranked[:strongest] + [ranked[len(ranked) // 2], ranked[len(ranked) * 5 // 6]]


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


def read_rows(build: Path, rows: list[Segment]) -> Corpus:
    reader, encoder = load_reader(build).to(DEVICE), Encoder.load(build)
    return encode_segments(rows, reader, encoder, ReferenceTokenizer(read_public_weights()), max_windows=2)


def describe(build: Path, corpus: Corpus) -> None:
    weights, encoder = read_public_weights(), Encoder.load(build)
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
            named = labels.get(feature, {})
            ranked = strongest_tokens(corpus, order[bounds[feature] : bounds[feature + 1]])
            count_shown = EXAMPLES_USED if feature in used else EXAMPLES_OTHER
            shown = chosen_tokens(ranked, count_shown, feature in used or feature in labels)
            out.write(json.dumps({
                "index": feature, "label": named.get("label"), "labelScore": named.get("score"),
                "density": round(float(density[feature]), 7),
                "examples": [example(corpus, weights, feature, t, v) for t, v in shown],
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
    describe(options.out, read_rows(options.out, [s for s in written() if s.split == "train"]))


if __name__ == "__main__":
    main()
