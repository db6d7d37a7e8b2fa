"""Quality against cost: the hook point after 4 to 8 layers, in three precisions. Quality is the mean AUROC over parts of a
probe for harm of any kind (logistic regression on the row's mean and maximum residual, fitted on rows of the train split);
cost is tokens a second on one core by ONNX Runtime, for whole segments of 128 tokens alone and eight at a time, and for 16
new tokens whose 240 predecessors are in the cache.

    python costs.py --out BUILD_FOLDER      writes BUILD_FOLDER/costs.json

`float32`: the adapted weights as trained; `int8 weights`: rounded a channel, multiplied out when loaded, float32 arithmetic (what
ships); `int8`: activations rounded too (ONNX Runtime's dynamic quantisation a channel).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from concept_rows import fit_rows
from data import Segment
from eval_rows import evaluation_rows
from export_graph import reader_graph
from harvest import load_reader
from public_weights import read_public_weights
from quantise import quantise_reader
from reader import Reader
from reference_tokenizer import ReferenceTokenizer
from report import auroc
from windows import batches_of, padded, windows_of

LAYERS = (4, 6, 8)
TRAIN_ROWS, PER_SOURCE = 6000, 40


class Pooler:
    """Mean and maximum residual of every row, fed batch by batch."""

    def __init__(self, rows: int, hidden: int):
        self.sum, self.max, self.count = np.zeros((rows, hidden)), np.full((rows, hidden), -np.inf), np.zeros(rows)

    def add(self, row: int, residual: np.ndarray) -> None:
        if len(residual):
            self.sum[row] += residual.sum(0)
            self.max[row] = np.maximum(self.max[row], residual.max(0))
            self.count[row] += len(residual)

    def pooled(self) -> np.ndarray:
        mean = self.sum / np.maximum(self.count, 1)[:, None]
        return np.concatenate([mean, np.where(np.isfinite(self.max), self.max, 0)], 1)


@torch.no_grad()
def read(reader: Reader, segments: list[Segment], tokenizer: ReferenceTokenizer, forward) -> dict[int, np.ndarray]:
    """forward(ids) -> {layer: residual [batch, tokens, hidden]}; -> {layer: pooled [rows, 2 * hidden]}."""
    encoded = tokenizer.encode_many([s.text for s in segments])
    windows = [windows_of(ids, tokenizer.prefix(s.role), i, 2) for i, (s, ids) in enumerate(zip(segments, encoded))]
    hidden = reader.token_table.shape[1]
    poolers: dict[int, Pooler] = {}
    for batch in batches_of(windows, 4096):
        ids, scored = padded(batch)
        for layer, residual in forward(ids).items():
            pooler = poolers.setdefault(layer, Pooler(len(segments), hidden))
            for window, values, mask in zip(batch, residual, scored):
                pooler.add(window.row, values[mask])
    return {layer: pooler.pooled() for layer, pooler in poolers.items()}


def layers_of(reader: Reader):
    def forward(ids: np.ndarray) -> dict[int, np.ndarray]:
        x, found = reader.embed(torch.from_numpy(ids)), {}
        with torch.autocast("cpu", dtype=torch.bfloat16):
            for number, layer in enumerate(reader.layers, 1):
                x = layer(x)
                if number in LAYERS:
                    found[number] = x.float().numpy()
        return found
    return forward


def inputs_of(reader: Reader, ids: np.ndarray, past: int = 0) -> dict[str, np.ndarray]:
    batch, n = ids.shape
    hidden = reader.token_table.shape[1]
    query, key = np.arange(n)[:, None] + past, np.arange(past + n)[None]
    mask = np.where(key <= query, 0, -np.inf).astype(np.float32)
    return {"embedding": reader.token_table[torch.from_numpy(ids)].numpy(), "position": np.tile(np.arange(past, past + n), (batch, 1)),
            "past": np.zeros((batch, past, len(reader.layers) * 2 * hidden), np.float32), "mask": np.tile(mask, (batch, 1, 1))}


def session_of(path: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def tokens_a_second(reader: Reader, session: onnxruntime.InferenceSession) -> dict[str, int]:
    rng, found = np.random.default_rng(1), {}
    for name, batch, n, past in (("segment", 1, 128, 0), ("eight segments", 8, 128, 0), ("16 after 240", 1, 16, 240)):
        inputs = inputs_of(reader, rng.integers(10, 200_000, (batch, n)), past)
        session.run(["residual"], inputs)
        seconds = []
        for _ in range(15):
            started = time.perf_counter()
            session.run(["residual"], inputs)
            seconds.append(time.perf_counter() - started)
        found[name] = round(batch * n / float(np.min(seconds)))
    return found


def quality(pooled: np.ndarray, train: int, y: np.ndarray, parts: list[str]) -> dict[str, float]:
    scaler = StandardScaler().fit(pooled[:train])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=0.03, max_iter=150, class_weight="balanced").fit(scaler.transform(pooled[:train]), y[:train])
    score, kinds = model.decision_function(scaler.transform(pooled[train:])), {}
    for part in sorted(set(parts)):
        rows = np.array([i for i, p in enumerate(parts) if p == part])
        value = auroc(y[train:][rows], score[rows])
        if value is not None:
            kinds.setdefault(part.split("/")[0], []).append(value)
    means = {kind: round(float(np.mean(values)), 4) for kind, values in kinds.items()}
    return {**means, "all": round(float(np.mean([v for values in kinds.values() for v in values])), 4)}


def candidates(build: Path, folder: Path):
    """(layers, precision, reader, forward or None, path of the graph)."""
    weights = read_public_weights()
    for precision in ("float32", "int8 weights", "int8"):
        for layers in LAYERS:
            if precision == "int8" and layers != 8:
                continue
            reader = load_reader(build)
            if precision == "float32":
                reader.load_state_dict(torch.load(build / "adapt.pt", weights_only=False, map_location="cpu")["reader"])
            whole = reader
            cut = Reader(weights, layers).eval().requires_grad_(False)
            cut.load_state_dict({k: v for k, v in whole.state_dict().items() if k in cut.state_dict()})
            path = folder / f"{layers}-{precision.replace(' ', '-')}.onnx"
            onnx.save(reader_graph(quantise_reader(cut)), path)
            if precision == "int8":
                folded = folder / "folded.onnx"
                options = onnxruntime.SessionOptions()
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
                options.optimized_model_filepath = str(folded)
                onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
                quantize_dynamic(folded, path, per_channel=True, weight_type=QuantType.QInt8)
            yield layers, precision, whole, cut, str(path)


def measure(build: Path) -> list[dict]:
    rng = np.random.default_rng(7)
    train = [s for s in fit_rows(4) if "any" in s.labels]
    train = [train[i] for i in rng.permutation(len(train))[:TRAIN_ROWS]]
    measuring = [(p, s) for p, s in evaluation_rows(PER_SOURCE) if "any" in s.labels]
    segments = train + [s for _, s in measuring]
    y, parts = np.array([s.labels["any"] for s in segments]), [p for p, _ in measuring]
    tokenizer, read_by, found = ReferenceTokenizer(read_public_weights()), {}, []
    with tempfile.TemporaryDirectory() as folder:
        for layers, precision, whole, cut, path in candidates(build, Path(folder)):
            session = session_of(path)
            if precision == "int8":
                pooled = read(whole, segments, tokenizer, lambda ids: {8: session.run(["residual"], inputs_of(whole, ids))[0]})
            else:
                if precision not in read_by:
                    read_by[precision] = read(whole, segments, tokenizer, layers_of(whole))
                pooled = read_by[precision]
            found.append({"layers": layers, "precision": precision, "auroc": quality(pooled[layers], len(train), y, parts),
                          "tokens_a_second": tokens_a_second(cut, session), "megabytes": round(Path(path).stat().st_size / 1e6, 1)})
            print(json.dumps(found[-1]), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(2)
    found = measure(options.out)
    (options.out / "costs.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
