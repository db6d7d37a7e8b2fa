"""Calibration: how ordinary segments, never trained on, score on every signal. A threshold for a false-alarm rate is read
off these curves. Matrix products of the reader are in bfloat16 (three times as fast on two cores; an earlier featureset was
calibrated in float32): its rounding is noise around the product's scores, not a shift.

    python calibrate.py --out BUILD_FOLDER [--seed 5]

Writes calibration.json (the curves' heads) and calibration.npz (scores, descending, one array a curve: all of a concept's, the
highest of a feature's and a probe's), and any.json (which readings of concepts make up `any`, and which shares of ordinary
segments their strongest calibrated score reaches).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import torch

from aggregates import CANDIDATES, aggregate_rows
from concept_rows import rows_digest
from concepts import all_signals
from curves import Curves, effective_size, equal_sample
from data import Segment, labelled
from eval_rows import evaluation_rows
from export_files import thin
from device import DEVICE
from features import Corpus, Encoder, encode_segments
from harvest import load_reader
from machine_text import machine_rows
from mixture import ordinary_texts
from public_weights import read_public_weights
from rarity import rarity
from reference_tokenizer import ReferenceTokenizer

# Most segments of a source and role; of others OTHER_CAP. Instructions and answers to them are most of what passes a gateway.
CAPS = {("self_instruct_files", "user"): 8000, ("self_instruct_files", "assistant"): 8300, ("gpteacher", "user"): 5000,
        ("gpteacher", "assistant"): 7000, ("gsm8k", "user"): 1000, ("gsm8k", "assistant"): 1000, ("arena_hard", "user"): 1200,
        ("arena_hard", "assistant"): 1200, ("classic_books", "tool"): 5000, ("multilingual_ud", "tool"): 4000,
        ("peps", "tool"): 3500, ("qmsum", "tool"): 3500, ("rust_rfcs", "tool"): 3500, ("ubuntu_irc", "tool"): 3500}
OTHER_CAP, BENIGN_QUERIES = 850, 3000
PAGE_CHARACTERS = 1200
CHUNK = 5000
TOP_FEATURE, TOP_PROBE = 300, 300
# What makes up the label `any`: the strongest of these readings of the concept `any`, which was fitted on rows with harm of any
# kind: where it is strongest in a text (its own aggregate), and the text as a whole. The concept was measured 2.5 to 4 points of mean AUROC
# better than the strongest of the single concepts, on unseen sources too; the second reading finds more at the same rate of
# false alarms, and a sentence in a long text still counts by the first (LOG.md).
ANY_READINGS = (("any", None), ("any", {"kind": "mean", "window": 0}))
ANY_RATES = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
# How often a segment counts that was written as people and assistants write today: corpora are of older manners.
TODAY, TODAY_WEIGHT = "written_as_today", 8.0
TRAFFIC = ("instructions and answers, task dialogues, small talk, banking and assistant queries, technical prose, books and "
           "ten other languages, from halves of public corpora that were never trained on; answers, tool results and system prompts "
           "that were written for it, those in today's manner counted eight times; codes, logs and tables")
MACHINE = 600
OWN = Path(__file__).parent / "written" / "calibration"


def ordinary_segments(seed: int, most: int = 0) -> list[Segment]:
    """Ordinary segments of the calibration half in a random order, with benign queries and personas of the dev split that no figure is
    measured on (of these at most `most`, where it is not 0), and behind them the project's own."""
    rng = np.random.default_rng(seed)
    chosen: list[Segment] = []
    counts: dict[tuple[str, str], int] = {}
    for text, role, source in ordinary_texts(True, 2 * max(CAPS.values()), rng, PAGE_CHARACTERS):
        kind = (source, role)
        if counts.get(kind, 0) < CAPS.get(kind, OTHER_CAP):
            counts[kind] = counts.get(kind, 0) + 1
            chosen.append(Segment(text, role, {}, source, "calibration"))
    measured = {s.text for _, s in evaluation_rows()}
    queries = [s for s in labelled({"benign_queries"}) if s.split == "dev" and s.text not in measured]
    chosen.extend(queries[i] for i in rng.permutation(len(queries))[:BENIGN_QUERIES])
    personas = [s for s in labelled({"role_play"}) if s.split == "dev" and s.labels.get("any") == 0]
    chosen.extend(s for s in personas if s.text not in measured)
    public = [chosen[i] for i in rng.permutation(len(chosen))[: most or None]]
    return public if most else public + own_segments(public)


def own_segments(public: list[Segment]) -> list[Segment]:
    """What public corpora lack: rows of `written/calibration`, read by nothing else, and machine text around ordinary sentences, of a
    seed that no training drew."""
    written = []
    for path in sorted(OWN.glob("*.jsonl")):
        source = TODAY if path.stem.startswith("today") else "written_for_calibration"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        written += [Segment(row["text"], row["role"], {}, source, "calibration", lang=row["lang"]) for row in rows]
    sentences = [s.text for s in public if s.role == "user" and 20 < len(s.text) < 400]
    machine = machine_rows(MACHINE, 1_000_003, sentences)
    return written + [Segment(s.text, s.role, {}, s.source, "calibration") for s in machine]


def weights_of(segments: list[Segment]) -> np.ndarray:
    """How often each segment counts, float64 [segments]."""
    return np.array([TODAY_WEIGHT if s.source == TODAY else 1.0 for s in segments])


def calibrated(descending: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Rarity of values on the curve of these ordinary scores, as the product reads the exported curve."""
    kept = thin(descending)
    return rarity(kept + 1, descending[kept], len(descending), values)


def feature_maxima(corpus: Corpus, features: np.ndarray, count: int) -> np.ndarray:
    """Maximum activation of every feature per segment: float32 [segments, len(features)]."""
    column = np.full(count, -1, np.int64)
    column[features] = np.arange(len(features))
    segment_of_token = np.repeat(np.arange(len(corpus.row_start) - 1), np.diff(corpus.row_start))
    segment = np.repeat(segment_of_token, np.diff(corpus.token_start))
    where = column[corpus.index]
    kept = where >= 0
    out = np.zeros((len(corpus.row_start) - 1, len(features)), np.float32)
    np.maximum.at(out, (segment[kept], where[kept]), corpus.value[kept])
    return out


def concept_matrix(concepts: list[dict], features: int) -> tuple[torch.Tensor, torch.Tensor]:
    weight = torch.zeros(features, len(concepts))
    for i, concept in enumerate(concepts):
        for entry in concept["features"]:
            weight[entry["index"], i] = entry["weight"]
    return weight, torch.tensor([c["bias"] for c in concepts])


@torch.no_grad()
def chunk_scores(segments: list[Segment], build: Path, used: np.ndarray) -> dict[str, np.ndarray]:
    """What one run of segments scores: `concept/KIND/WINDOW` and `probe/KIND/WINDOW` float32 [segments, labels], `maxima` float32
    [segments, used features], `active` int64 [features] and `tokens`."""
    reader, encoder = load_reader(build).to(DEVICE), Encoder.load(build)
    corpus = encode_segments(segments, reader, encoder, ReferenceTokenizer(read_public_weights()), max_windows=2, residuals=True)
    weight, bias = concept_matrix(json.loads((build / "concepts.json").read_text()), len(encoder.b_enc))
    values = all_signals(corpus, weight, bias)
    heads = torch.load(build / "adapt.pt", weights_only=False, map_location="cpu")["heads"]
    dense = corpus.residual.astype(np.float32) @ heads["linear.weight"].numpy().T + heads["linear.bias"].numpy()
    found = {"maxima": feature_maxima(corpus, used, len(encoder.b_enc)), "tokens": np.array(len(corpus.token_ids)),
             "active": np.bincount(corpus.index, minlength=len(encoder.b_enc))}
    for kind, window in CANDIDATES:
        found[f"concept/{kind}/{window}"] = aggregate_rows(values, corpus.row_start, kind, window)
        found[f"probe/{kind}/{window}"] = aggregate_rows(dense, corpus.row_start, kind, window)
    return found


def all_scores(segments: list[Segment], build: Path, used: np.ndarray) -> dict[str, np.ndarray]:
    """`chunk_scores` of all segments, a file a chunk, so that memory is bounded and an interrupted run goes on."""
    folder = build / "calibration-chunks"
    folder.mkdir(exist_ok=True)
    weights = hashlib.sha256((build / "concepts.json").read_bytes() + (build / "dictionary.npz").read_bytes()).hexdigest()
    chunks = []
    for start in range(0, len(segments), CHUNK):
        part = segments[start : start + CHUNK]
        path = folder / f"{hashlib.sha256((weights + rows_digest(part)).encode()).hexdigest()[:16]}.npz"
        if not path.exists():
            np.savez(path.with_suffix(".part.npz"), **chunk_scores(part, build, used))
            path.with_suffix(".part.npz").rename(path)
        print(f"{min(start + CHUNK, len(segments))} of {len(segments)} segments", flush=True)
        chunks.append(dict(np.load(path)))
    sums = ("active", "tokens")
    return {name: sum(c[name] for c in chunks) if name in sums else np.concatenate([c[name] for c in chunks]) for name in chunks[0]}


def calibrate(build: Path, seed: int, most: int) -> None:
    started = time.time()
    segments = ordinary_segments(seed, most)
    concepts = json.loads((build / "concepts.json").read_text())
    used = np.array(sorted({e["index"] for c in concepts for e in c["features"]}))
    found = all_scores(segments, build, used)
    curves = Curves(np.array([s.role for s in segments]), weights_of(segments))
    readings: list[dict] = [{"concept": name, "aggregate": shape or next(c["aggregate"] for c in concepts if c["name"] == name)}
                            for name, shape in ANY_READINGS]
    chosen: dict[int, np.ndarray] = {}
    for kind, window in CANDIDATES:
        scores, probes = (found[f"{what}/{kind}/{window}"] for what in ("concept", "probe"))
        for i, concept in enumerate(concepts):
            own = concept["aggregate"] == {"kind": kind, "window": window}
            curves.add(f"concept/{concept['name']}", kind, window, "all", scores[:, i], None)
            for which, reading in enumerate(readings):
                if reading == {"concept": concept["name"], "aggregate": {"kind": kind, "window": window}}:
                    chosen[which] = scores[:, i]
            for role in ("user", "assistant", "tool", "system") if own else ():
                if (curves.roles == role).sum() >= 200:
                    curves.add(f"concept/{concept['name']}", kind, window, role, scores[:, i], None)
            if kind == "max_rolling_mean" or own:
                curves.add(f"probe/{concept['name']}", kind, window, "all", probes[:, i], TOP_PROBE)
    for column, index in enumerate(used):
        curves.add(f"feature/{index}", "max", 1, "all", found["maxima"][:, column], TOP_FEATURE)
    np.save(build / "density.npy", (found["active"] / found["tokens"]).astype(np.float32))
    level = any_levels([chosen[i] for i in range(len(readings))], curves.weights)
    (build / "any.json").write_text(json.dumps({"readings": readings, **any_curve(equal_sample(level, curves.weights))}, indent=1))
    facts = {"tokens": int(found["tokens"]), "sources": sources_of(segments, level), "seed": seed, "seconds": round(time.time() - started)}
    save(build, curves, segments, facts)


def any_levels(readings: list[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Of every segment the strongest calibrated score of the readings."""
    return np.max([calibrated(equal_sample(s[np.isfinite(s)], weights[np.isfinite(s)]), s) for s in readings], 0)


def any_curve(strongest: np.ndarray) -> dict:
    rates = [r for r in ANY_RATES if r * len(strongest) >= 10]
    return {"segments": len(strongest),
            "curve": [{"value": round(float(np.quantile(strongest, 1 - rate)), 4), "rate": rate} for rate in rates]}


def sources_of(segments: list[Segment], strongest: np.ndarray) -> list[dict]:
    """By role and source, how many segments there are and which share of them is among the 1 % in which `any` is strongest."""
    line = np.quantile(strongest, 0.99)
    kinds: dict[tuple[str, str], list[int]] = {}
    for i, segment in enumerate(segments):
        kinds.setdefault((segment.role, segment.source), []).append(i)
    return [{"role": role, "source": source, "segments": len(which), "any": round(float((strongest[which] >= line).mean()), 4)}
            for (role, source), which in sorted(kinds.items())]


def any_rarity(curve: list[dict], strongest: np.ndarray) -> np.ndarray:
    """How rare the strongest reading is, as `detectors/any-harm.ts` says it."""
    value, level = np.array([p["value"] for p in curve]), -np.log10([p["rate"] for p in curve])
    index = np.clip(np.searchsorted(value, strongest), 1, len(value) - 1)
    slope = (level[index] - level[index - 1]) / (value[index] - value[index - 1])
    return np.maximum(0, level[index - 1] + (strongest - value[index - 1]) * slope)


def save(build: Path, curves: Curves, segments: list[Segment], facts: dict) -> None:
    np.savez(build / "calibration.npz", **curves.arrays)
    by_role: dict[str, int] = {}
    for segment in segments:
        by_role[segment.role] = by_role.get(segment.role, 0) + 1
    facts = {"segments": len(segments), "by_role": by_role, "effective": effective_size(curves.weights), "traffic": TRAFFIC, **facts}
    (build / "calibration.json").write_text(json.dumps({**facts, "curves": curves.heads}))
    print(json.dumps(facts), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--segments", type=int, default=0, help="so many ordinary segments at most; 0 takes all")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    calibrate(options.out, options.seed, options.segments)


if __name__ == "__main__":
    main()
