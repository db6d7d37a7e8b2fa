"""Where tensors live: a CUDA device if there is one, else the CPU. `TELLTALE_DEVICE=cpu` keeps to the CPU."""

from __future__ import annotations

import os

import torch

DEVICE = torch.device(os.environ.get("TELLTALE_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu"))


def autocast(enabled: bool = True) -> torch.autocast:
    """bfloat16 matrix products on whichever device is used."""
    return torch.autocast(DEVICE.type, dtype=torch.bfloat16, enabled=enabled)
