"""Feature activations of whole segments, as compressed sparse rows over tokens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from data import Segment
from reference_tokenizer import ReferenceTokenizer
from windows import batches_of, padded, windows_of


@dataclass
class Encoder:
    """The dictionary at inference: a_j = p_j if p_j > threshold_j else 0, p = (x - b_dec) W_enc^T + b_enc."""

    W_enc: Tensor
    b_enc: Tensor
    threshold: Tensor
    W_dec: Tensor
    b_dec: Tensor

    @staticmethod
    def load(build: Path) -> "Encoder":
        arrays = np.load(build / "dictionary.npz")
        return Encoder(*(torch.from_numpy(arrays[k]) for k in ("W_enc", "b_enc", "threshold", "W_dec", "b_dec")))

    def __call__(self, x: Tensor) -> Tensor:
        pre = (x - self.b_dec) @ self.W_enc.T + self.b_enc
        return torch.where(pre > self.threshold, pre, 0.0)


@dataclass
class Corpus:
    """Tokens of segments in order: `row_start[i] .. row_start[i + 1]` are segment i's tokens, `token_start[t] ..` their
    entries of `index` and `value`. `residual` float16 [tokens, hidden] only if asked for."""

    row_start: np.ndarray
    token_start: np.ndarray
    index: np.ndarray
    value: np.ndarray
    token_ids: np.ndarray
    residual: np.ndarray | None = None


def _encode_batch(reader, encoder: Encoder, batch, half: bool) -> tuple[Tensor, Tensor]:
    ids, scored = padded(batch)
    device = next(reader.parameters()).device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
        residual = reader(torch.from_numpy(ids).to(device)).cpu()
    kept = residual[torch.from_numpy(scored)]
    return kept, encoder(kept)


@torch.no_grad()
def encode_segments(segments: list[Segment], reader, encoder: Encoder, tokenizer: ReferenceTokenizer, *,
                    half: bool = True, max_windows: int = 4, residuals: bool = False) -> Corpus:
    """Reads every segment (at most `max_windows` windows of it); half: bfloat16 matrix products, for fitting only."""
    encoded = tokenizer.encode_many([s.text for s in segments])
    rows = [windows_of(ids, tokenizer.prefix(s.role), i, max_windows) for i, (s, ids) in enumerate(zip(segments, encoded))]
    parts: dict[int, list] = {}
    for batch in tqdm(batches_of(rows, 8192), mininterval=20):
        kept, activations = _encode_batch(reader, encoder, batch, half)
        at = 0
        for window in batch:
            n = len(window.ids) - window.fresh
            part = activations[at : at + n]
            where = part.nonzero()
            counts = torch.bincount(where[:, 0], minlength=n)
            parts.setdefault(window.row, []).append(
                (counts.numpy().astype(np.int32), where[:, 1].numpy().astype(np.uint16),
                 part[where[:, 0], where[:, 1]].numpy(), np.array(window.ids[window.fresh :], np.int32),
                 kept[at : at + n].numpy().astype(np.float16) if residuals else None))
            at += n
    ordered = [piece for i in range(len(segments)) for piece in parts.get(i, [])]
    lengths = [sum(len(p[0]) for p in parts.get(i, [])) for i in range(len(segments))]
    counts = np.concatenate([p[0] for p in ordered])
    return Corpus(np.concatenate([[0], np.cumsum(lengths)]), np.concatenate([[0], np.cumsum(counts)]),
                  np.concatenate([p[1] for p in ordered]).astype(np.int32), np.concatenate([p[2] for p in ordered]),
                  np.concatenate([p[3] for p in ordered]),
                  np.concatenate([p[4] for p in ordered]) if residuals else None)
