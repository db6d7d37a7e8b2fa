"""A build folder from the featureset that ships, so that a fresh clone can go on from it: the reader with its int8 weights, the heads,
the dictionary, the concepts, and the figures of every stage that were written into the manifest and into measures.json.

    python shipped.py --out BUILD_FOLDER [--models ../models/default]

What is not in a featureset is not brought back: the optimizer's state, the residuals of the harvest, the scores of the calibration.
A stage that needs them reads or trains anew (`adapt.py --init`, `dictionary.py --init`, `calibrate.py`).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from data import LABELS
from figures import MEASURES
from public_weights import read_public_weights
from quantise import quantise_reader
from reader import Reader

ROOT = Path(__file__).resolve().parents[1]


Values = dict[str, np.ndarray]


def linear_parts(graph: onnx.GraphProto, values: Values) -> list[tuple[np.ndarray, np.ndarray]]:
    """(weight [in, out], bias [out]) of every linear product, in the order of `export_graph.reader_graph`."""
    users = {name: node for node in graph.node for name in node.input}
    found = []
    for cast in (node for node in graph.node if node.op_type == "Cast"):
        scaled = users[cast.output[0]]
        product = users[scaled.output[0]]
        bias = users[product.output[0]].input[1]
        found.append((values[cast.input[0]].astype(np.float32) * values[scaled.input[1]], values[bias]))
    return found


def norm_parts(graph: onnx.GraphProto, values: Values) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(values[n.input[1]], values[n.input[2]]) for n in graph.node if n.op_type == "LayerNormalization"]


@torch.no_grad()
def fill(module: nn.Module, weight: np.ndarray, bias: np.ndarray) -> None:
    module.weight.copy_(torch.tensor(weight))
    module.bias.copy_(torch.tensor(bias))


def reader_of(path: Path) -> Reader:
    """The reader whose graph lies at `path`; its weights are the shipped ones to the last bit."""
    graph = onnx.load(path).graph
    reader = Reader(read_public_weights())
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    linears, norms = iter(linear_parts(graph, values)), iter(norm_parts(graph, values))
    fill(reader.embedding_norm, *next(norms))
    for layer in reader.layers:
        weight, bias = next(linears)
        for module, w, b in zip((layer.q, layer.k, layer.v), np.split(weight, 3, 1), np.split(bias, 3)):
            fill(module, w.T, b)
        for module in (layer.ao, layer.fi, layer.fo):
            weight, bias = next(linears)
            fill(module, weight.T, bias)
        fill(layer.aln, *next(norms)), fill(layer.oln, *next(norms))
    before = {name: value.clone() for name, value in reader.state_dict().items()}
    quantise_reader(reader)
    changed = [name for name, value in reader.state_dict().items() if not value.equal(before[name])]
    if changed:
        raise SystemExit(f"shipped: {path} holds weights that int8 does not: {', '.join(changed)}")
    return reader


def heads_of(path: Path, hidden: int) -> dict[str, torch.Tensor]:
    """probes.bin as the heads of the adaptation, one a label."""
    floats = np.fromfile(path, "<f4")
    if len(floats) != len(LABELS) * (hidden + 1):
        raise SystemExit(f"shipped: {path} has {len(floats)} numbers, not the {len(LABELS) * (hidden + 1)} of {len(LABELS)} labels")
    weight, bias = np.split(floats, [len(LABELS) * hidden])
    return {"linear.weight": torch.from_numpy(weight.reshape(-1, hidden).copy()), "linear.bias": torch.from_numpy(bias.copy())}


def dictionary_of(path: Path, features: int, hidden: int) -> dict[str, np.ndarray]:
    """The arrays of dictionary.npz; the layout is that of `export_files`."""
    data = path.read_bytes()
    halves = np.frombuffer(data, "<f2", 2 * features * hidden).astype(np.float32).reshape(2, features, hidden)
    floats = np.frombuffer(data, "<f4", offset=4 * features * hidden)
    b_enc, threshold, b_dec = np.split(floats, [features, 2 * features])
    return {"W_enc": halves[0], "W_dec": halves[1], "b_enc": b_enc, "threshold": threshold, "b_dec": b_dec}


def figures_from(models: Path, build: Path) -> None:
    """The figures of the stages, each in the file that the stage had written."""
    manifest = json.loads((models / "manifest.json").read_text())
    training = manifest["training"]
    stages = {"adapt": training.get("adapt", {}), "harvest": training["harvest"], "dictionary": training["dictionary"], "concepts-fit": training["concepts"],
              "seconds": training["seconds"], "any": manifest["any"]}
    measures = json.loads((models / "measures.json").read_text())
    for name, figures in (stages | {name: measures[name] for name in MEASURES if name in measures}).items():
        (build / f"{name}.json").write_text(json.dumps(figures, indent=1))


def restore(models: Path, build: Path) -> None:
    build.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((models / "manifest.json").read_text())
    hidden = manifest["reader"]["dModel"]
    reader = reader_of(models / "reader.onnx")
    torch.save({"reader": reader.state_dict(), "heads": heads_of(models / "probes.bin", hidden)}, build / "adapt.pt")
    np.savez(build / "dictionary.npz", **dictionary_of(models / "dictionary.bin", manifest["dictionary"]["features"], hidden))
    for name in ("concepts.json", "features.jsonl"):
        shutil.copyfile(models / name, build / name)
    features = [json.loads(line) for line in (models / "features.jsonl").read_text().splitlines()]
    np.save(build / "density.npy", np.array([f["density"] for f in features], np.float32))
    figures_from(models, build)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=ROOT / "models" / "default")
    options = parser.parse_args()
    restore(options.models, options.out)


if __name__ == "__main__":
    main()
