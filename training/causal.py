"""Do a concept's features cause what its name says? Edits at the hook point, read above it.

The *tail* is layers 9 to 12 of the public weights, unchanged, on top of the reader; its output is the text's embedding (mean over
tokens). Logistic regression on embeddings gives a head a label, trained on rows of the train split. Then, on rows that were
not trained on:

- *ablation*: the concept's supporting features are taken out of every token of rows that carry the label (x - sum a_j d_j);
- *steering*: they are added, at their mean activation in rows that carry the label, to ordinary rows;
- *control*: other active features, as many, scaled to the same length, are taken out or added instead.

A concept holds if ablation lowers and steering raises its own head, each at least twice as much as the control does, if its own head moves
more than the median of the other heads (each in standard deviations), and if fewer of the ten nearest rows
of the ablated embedding carry the label than before.

Loss recovered: (mean-ablated loss - reconstructed loss) / (mean-ablated loss - loss) of the heads above, where every token's
residual is replaced by the dictionary's reconstruction.

    python causal.py --out BUILD_FOLDER [--seed 6]       writes BUILD_FOLDER/causal.json
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from concept_rows import fit_rows
from data import LABELS, Segment
from device import DEVICE
from eval_rows import evaluation_rows
from features import Encoder
from harvest import load_reader
from public_weights import read_public_weights
from reader import HOOK_LAYER, Reader
from reference_tokenizer import ReferenceTokenizer
from windows import batches_of, padded, windows_of

LAYERS, TRAIN_ROWS, TEST_ROWS, PER_CONCEPT, NEAREST = 12, 6000, 2500, 50, 10


class Tail(nn.Module):
    """Residual [rows, tokens, hidden] at the hook point -> residual after the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = Reader(read_public_weights(), LAYERS).eval().requires_grad_(False).layers[HOOK_LAYER:]

    def forward(self, residual: Tensor) -> Tensor:
        for layer in self.layers:
            residual = layer(residual)
        return residual.float()


class Bench:
    def __init__(self, build: Path):
        self.reader, self.encoder = load_reader(build).to(DEVICE), Encoder.load(build)
        self.tail, self.tokenizer = Tail().to(DEVICE), ReferenceTokenizer(read_public_weights())

    @torch.no_grad()
    def embed(self, rows: list[Segment], edit=None) -> np.ndarray:
        """Embeddings float32 [rows, hidden]; edit(residual [tokens, hidden]) -> the same shape, for the scored tokens."""
        encoded = self.tokenizer.encode_many([s.text for s in rows])
        windows = [windows_of(ids, self.tokenizer.prefix(s.role), i, 1) for i, (s, ids) in enumerate(zip(rows, encoded))]
        out = np.zeros((len(rows), self.reader.token_table.shape[1]), np.float32)
        for batch in batches_of(windows, 6144):
            ids, scored = padded(batch)
            mask = torch.from_numpy(scored)
            with torch.autocast(DEVICE.type, dtype=torch.bfloat16):
                residual = self.reader(torch.from_numpy(ids).to(DEVICE)).cpu()
                if edit is not None:
                    residual[mask] = edit(residual[mask])
                last = self.tail(residual.to(DEVICE)).cpu()
            weight = mask.float()[:, :, None]
            mean = (last * weight).sum(1) / weight.sum(1).clamp(min=1)
            for window, vector in zip(batch, nn.functional.normalize(mean, dim=1).numpy()):
                out[window.row] = vector
        return out

    def without(self, features: Tensor):
        """Takes features out of every token."""
        def edit(x: Tensor) -> Tensor:
            return x - self.encoder(x)[:, features] @ self.encoder.W_dec[features]
        return edit

    def others_without(self, features: Tensor, rng: np.random.Generator):
        """Takes as many other active features out, scaled to the length that `without` would take out."""
        def edit(x: Tensor) -> Tensor:
            active = self.encoder(x)
            wanted = (active[:, features] @ self.encoder.W_dec[features]).norm(dim=1, keepdim=True)
            active[:, features] = 0
            counts = active.gt(0).sum(0)
            pool = torch.nonzero(counts > 0).flatten().numpy()
            chosen = torch.from_numpy(rng.choice(pool, min(len(pool), 8 * len(features)), replace=False))
            taken = active[:, chosen] @ self.encoder.W_dec[chosen]
            return x - taken * (wanted / taken.norm(dim=1, keepdim=True).clamp(min=1e-3))
        return edit

    def plus(self, vector: Tensor):
        return lambda x: x + vector

    def reconstructed(self, x: Tensor) -> Tensor:
        return self.encoder(x) @ self.encoder.W_dec + self.encoder.b_dec

    @torch.no_grad()
    def mean_activation(self, rows: list[Segment]) -> Tensor:
        """float32 [features]: mean over the scored tokens of rows."""
        total, count = torch.zeros(len(self.encoder.b_enc)), 0
        def watch(x: Tensor) -> Tensor:
            nonlocal total, count
            total, count = total + self.encoder(x).sum(0), count + len(x)
            return x
        self.embed(rows, watch)
        return total / max(1, count)


def heads_above(embeddings: np.ndarray, rows: list[Segment]) -> dict[str, LogisticRegression]:
    found = {}
    for name in LABELS:
        own = [i for i, s in enumerate(rows) if name in s.labels]
        target = np.array([rows[i].labels[name] for i in own])
        if len(own) and 40 <= target.sum() <= len(target) - 40:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[name] = LogisticRegression(C=30, max_iter=300, class_weight="balanced").fit(embeddings[own], target)
    return found


def readings(heads: dict[str, LogisticRegression], embeddings: np.ndarray) -> dict[str, np.ndarray]:
    return {name: head.decision_function(embeddings) for name, head in heads.items()}


def loss_recovered(bench: Bench, heads: dict, rows: list[Segment]) -> dict:
    mean = torch.zeros(bench.reader.token_table.shape[1])
    def collect(x: Tensor) -> Tensor:
        nonlocal mean
        mean = 0.9 * mean + 0.1 * x.mean(0)
        return x
    plain = bench.embed(rows, collect)
    versions = {"plain": plain, "reconstructed": bench.embed(rows, bench.reconstructed), "mean": bench.embed(rows, lambda x: mean.expand_as(x))}
    losses: dict[str, list[float]] = {k: [] for k in versions}
    for name, head in heads.items():
        own = [i for i, s in enumerate(rows) if name in s.labels]
        target = np.array([rows[i].labels[name] for i in own])
        if not own or target.sum() < 10:
            continue
        weight = np.where(target == 1, 0.5 / max(1, target.sum()), 0.5 / max(1, (target == 0).sum()))
        for key, embeddings in versions.items():
            p = np.clip(head.predict_proba(embeddings[own])[:, 1], 1e-6, 1 - 1e-6)
            losses[key].append(float(-(weight * np.where(target == 1, np.log(p), np.log(1 - p))).sum()))
    total = {k: float(np.mean(v)) for k, v in losses.items()}
    return {**{f"loss_{k}": round(v, 4) for k, v in total.items()},
            "recovered": round((total["mean"] - total["reconstructed"]) / (total["mean"] - total["plain"]), 4)}


def nearest_share(embeddings: np.ndarray, base: np.ndarray, carries: np.ndarray) -> float:
    order = np.argsort(-(embeddings @ base.T), 1)[:, 1 : NEAREST + 1]
    return float(carries[order].mean())


def check(bench: Bench, heads: dict, concept: dict, rows: list[Segment], base: np.ndarray, spread: dict, rng) -> dict | None:
    name = concept["name"]
    positives = [s for s in rows if s.labels.get(name) == 1][:PER_CONCEPT]
    ordinary = [s for s in rows if s.labels.get("any") == 0 and s.labels.get(name, 0) == 0][:PER_CONCEPT]
    features = torch.tensor([e["index"] for e in concept["features"] if e["weight"] > 0])
    if name not in heads or len(positives) < 15 or not len(features):
        return None
    before, ablated = bench.embed(positives), bench.embed(positives, bench.without(features))
    other = bench.embed(positives, bench.others_without(features, rng))
    level = bench.mean_activation(positives)[features] @ bench.encoder.W_dec[features]
    noise = torch.from_numpy(rng.standard_normal(len(level))).float()
    plain = bench.embed(ordinary)
    steered, shaken = bench.embed(ordinary, bench.plus(4 * level)), bench.embed(ordinary, bench.plus(4 * level.norm() * noise / noise.norm()))

    def moved(after: np.ndarray, start: np.ndarray) -> dict[str, float]:
        a, b = readings(heads, after), readings(heads, start)
        return {k: float((a[k] - b[k]).mean() / spread[k]) for k in heads}

    down, down_control, up, up_control = moved(ablated, before), moved(other, before), moved(steered, plain), moved(shaken, plain)
    carries = np.array([s.labels.get(name, 0) for s in rows])
    result = {"ablation": down[name], "ablation_control": down_control[name], "steering": up[name], "steering_control": up_control[name],
              "others_ablation": float(np.median([abs(v) for k, v in down.items() if k != name])),
              "neighbours_before": nearest_share(before, base, carries), "neighbours_ablated": nearest_share(ablated, base, carries)}
    result["holds"] = bool(down[name] < 0 < up[name] and -down[name] >= 2 * abs(down_control[name]) and up[name] >= 2 * abs(up_control[name])
                           and abs(down[name]) > result["others_ablation"] and result["neighbours_ablated"] < result["neighbours_before"])
    return {k: v if isinstance(v, bool) else round(v, 4) for k, v in result.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=6)
    options = parser.parse_args()
    torch.set_num_threads(2)
    rng = np.random.default_rng(options.seed)
    bench = Bench(options.out)
    train = fit_rows(4)
    train = [train[i] for i in rng.permutation(len(train))[:TRAIN_ROWS]]
    test = [s for p, s in evaluation_rows() if not p.startswith("transfer")]
    test = [test[i] for i in rng.permutation(len(test))[:TEST_ROWS]]
    heads = heads_above(bench.embed(train), train)
    base = bench.embed(test)
    spread = {k: float(v.std()) for k, v in readings(heads, base).items()}
    concepts = json.loads((options.out / "concepts.json").read_text())
    found = {}
    for concept in concepts:
        result = check(bench, heads, concept, test, base, spread, rng)
        if result is not None:
            found[concept["name"]] = result
            print(concept["name"], json.dumps(result), flush=True)
    figures = {"concepts": found, "checked": len(found), "hold": sum(v["holds"] for v in found.values()),
               "loss": loss_recovered(bench, heads, test), "seed": options.seed}
    print(json.dumps(figures["loss"]), figures["hold"], "of", figures["checked"])
    (options.out / "causal.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
