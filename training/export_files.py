"""The binary files of a featureset, little-endian. `detectors/` reads them; the layouts are documented here.

tokenizer.bin: `TTK1`; u32 pieces, i32 bos, eos, pad, unk, u32 mapped code points, u32 code points mapped to, u32 bytes
of pieces; f32 scores [pieces]; u32 mapped [mapped], u32 outputs [outputs]; u8 bytes of each piece [pieces], u8 outputs
of each mapped code point [mapped]; the pieces in UTF-8, one after another.

token-table.bin: one row a piece: blocks of 18 bytes, float16 scale and 16 bytes of nibbles; the low nibbles are weights
0 to 15, the high ones 16 to 31; value = (nibble - 8) * scale.

dictionary.bin: float16 W_enc [features, hidden], float16 W_dec [features, hidden], f32 b_enc [features],
f32 threshold [features], f32 b_dec [hidden].

probes.bin: f32 W [probes, hidden], f32 b [probes].

calibration.bin: `TTC1`, u32 bytes of head; head as JSON, padded with spaces to 4 bytes: {traffic, curves: [{signal,
aggregate, role, segments, count, offset}]}; then per curve at `offset` (bytes from the head's end) u32 ranks [count]
and f32 values [count]: values[i] is the ranks[i]-th highest score of `segments`; ranks ascend.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

from public_weights import PublicWeights


def tokenizer_bytes(weights: PublicWeights) -> bytes:
    pieces = [p.encode() for p in weights.pieces]
    mapped = sorted(weights.normalisation)
    outputs = [o for m in mapped for o in weights.normalisation[m]]
    s = weights.specials
    blob = b"".join(pieces)
    head = struct.pack("<4sI4i3I", b"TTK1", len(pieces), s["bos"], s["eos"], s["pad"], s["unk"], len(mapped),
                       len(outputs), len(blob))
    return b"".join([head, weights.scores.astype("<f4").tobytes(), np.array(mapped, "<u4").tobytes(),
                     np.array(outputs, "<u4").tobytes(), bytes(len(p) for p in pieces),
                     bytes(len(weights.normalisation[m]) for m in mapped), blob])


def token_table_bytes(weights: PublicWeights) -> bytes:
    return weights.token_blocks[: len(weights.pieces)].tobytes()


def dictionary_bytes(build: Path) -> tuple[bytes, int]:
    """-> file, number of features. float32 weights that float16 cannot hold are refused: what was fitted would differ."""
    arrays = np.load(build / "dictionary.npz")
    halves = []
    for name in ("W_enc", "W_dec"):
        half = arrays[name].astype("<f2")
        if name == "W_enc" and not np.array_equal(half.astype(np.float32), arrays[name]):
            raise SystemExit("export: W_enc in dictionary.npz is not rounded to float16")
        halves.append(half.tobytes())
    floats = [arrays[name].astype("<f4").tobytes() for name in ("b_enc", "threshold", "b_dec")]
    return b"".join([*halves, *floats]), len(arrays["b_enc"])


def probes_bytes(W: np.ndarray, b: np.ndarray) -> bytes:
    return W.astype("<f4").tobytes() + b.astype("<f4").tobytes()


def thin(scores: np.ndarray, exact: int = 1000, steps: int = 16) -> np.ndarray:
    """Indices of a descending array that are kept: the first `exact`, then `steps` for every doubling of the rank, and
    the last."""
    if len(scores) <= exact:
        return np.arange(len(scores))
    ranks = exact * 2 ** (np.arange(1, 64 * steps) / steps)
    tail = np.unique(ranks[ranks <= len(scores)].astype(np.int64) - 1)
    return np.unique(np.concatenate([np.arange(exact), tail, [len(scores) - 1]]))


def calibration_bytes(build: Path) -> bytes:
    described = json.loads((build / "calibration.json").read_text())
    arrays = np.load(build / "calibration.npz")
    curves, parts, offset = [], [], 0
    for curve in described["curves"]:
        scores = arrays[curve["key"]].astype("<f4")
        kept = thin(scores)
        role = None if curve["role"] == "all" else curve["role"]
        curves.append({"signal": curve["signal"], "aggregate": curve["aggregate"], "role": role,
                       "segments": curve["segments"], "count": len(kept), "offset": offset})
        parts += [(kept + 1).astype("<u4").tobytes(), scores[kept].tobytes()]
        offset += 8 * len(kept)
    head = json.dumps({"traffic": described["traffic"], "curves": curves}, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 4)
    return struct.pack("<4sI", b"TTC1", len(head)) + head + b"".join(parts)
