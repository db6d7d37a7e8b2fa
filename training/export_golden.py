"""Golden values: what PyTorch computes in float32 with the exported weights, each window whole and without a cache.

model.json: per case its text, role, token ids, and at chosen tokens the residual at the hook point; all feature
activations of concepts at every token as sparse rows, and the values of all concepts and probes at every token.
tokens.json: digests over the ids of generated strings, and some strings in full.
"""

from __future__ import annotations

from pathlib import Path


def write_golden(build: Path, weights, reader, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
