"""The rows that concepts are fitted on, and what the reader makes of them."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np

from data import HELD_OUT_SOURCES, LABELS, LOW_WEIGHT, NO_TRAINING, Segment, labelled, written
from device import DEVICE
from features import Corpus, Encoder, encode_segments
from harvest import load_reader
from machine_text import machine_rows
from mixture import ordinary_texts
from public_weights import read_public_weights
from reference_tokenizer import ReferenceTokenizer

PER_SOURCE, ORDINARY_PER_SOURCE, MACHINE_ROWS = 220, 260, 1200
MAX_WINDOWS = 2


def fit_rows(seed: int) -> list[Segment]:
    """Train-split rows: all written ones, a draw of every public source, ordinary text and machine text with all labels 0."""
    rng = np.random.default_rng(seed)
    rows = [s for s in written() if s.split == "train"]
    by_source: dict[str, list[Segment]] = {}
    for segment in labelled():
        if segment.split == "train" and segment.source not in HELD_OUT_SOURCES | NO_TRAINING:
            by_source.setdefault(segment.source, []).append(segment)
    for source, segments in sorted(by_source.items()):
        count = PER_SOURCE // 2 if source in LOW_WEIGHT else PER_SOURCE
        positive = [s for s in segments if any(s.labels.values())]
        negative = [s for s in segments if not any(s.labels.values())]
        for part in (positive, negative):
            rows.extend(part[i] for i in rng.permutation(len(part))[:count])
    zeros = {name: 0 for name in LABELS}
    rows.extend(Segment(t, r, zeros, "ordinary", "train") for t, r, _ in ordinary_texts(False, ORDINARY_PER_SOURCE, rng))
    sentences = [s.text for s in rows if s.lang == "en" and 20 < len(s.text) < 400]
    return rows + machine_rows(MACHINE_ROWS, seed, sentences)


def rows_digest(rows: list[Segment]) -> str:
    whole = hashlib.sha256()
    for row in rows:
        whole.update(f"{row.role}\0{row.text}\0".encode("utf-8", "replace"))
    return whole.hexdigest()


def encoded_rows(build: Path, rows: list[Segment], encoder: Encoder) -> Corpus:
    """The rows' activations; read once and kept in fit-corpus.npz, until the rows change."""
    kept, digest = build / "fit-corpus.npz", rows_digest(rows)
    if kept.exists():
        arrays = np.load(kept)
        if str(arrays["digest"]) == digest:
            return Corpus(arrays["row_start"], arrays["token_start"], arrays["index"].astype(np.int32),
                          arrays["value"].astype(np.float32), arrays["token_ids"])
    corpus = encode_segments(rows, load_reader(build).to(DEVICE), encoder, ReferenceTokenizer(read_public_weights()),
                             max_windows=MAX_WINDOWS)
    np.savez(kept, digest=digest, row_start=corpus.row_start, token_start=corpus.token_start, token_ids=corpus.token_ids,
             index=corpus.index.astype(np.uint16), value=corpus.value.astype(np.float16))
    return corpus


def hash_group(segment: Segment) -> int:
    """0 to 7, the same for rows of one group; 0 is the validation part."""
    return zlib.crc32(f"{segment.source}/{segment.group or segment.text[:40]}".encode("utf-8", "replace")) % 8
