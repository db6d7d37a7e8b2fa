"""Rounds the reader's linear layers to int8, one scale an output channel, in place: what follows in training sees
exactly the weights that are shipped.

A scale keeps 12 bits of mantissa, so that `code * scale` is exact in float32 and rounding twice is rounding once.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reader import Reader

LEVELS = 127
SCALE_BITS = 12


def _coarse_scale(absmax: Tensor) -> Tensor:
    """The smallest float with SCALE_BITS bits of mantissa that is at least absmax / LEVELS; 1 for a row of zeros."""
    mantissa, exponent = torch.frexp(absmax.double() / LEVELS)
    steps = float(2**SCALE_BITS)
    scale = torch.ldexp(torch.ceil(mantissa * steps) / steps, exponent)
    return torch.where(absmax > 0, scale, torch.ones_like(scale)).float()


def codes_and_scales(weight: Tensor) -> tuple[Tensor, Tensor]:
    """weight float32 [out, in] -> int8 codes [out, in], float32 scales [out, 1]; weight is near codes * scales."""
    scale = _coarse_scale(weight.abs().amax(1, keepdim=True))
    codes = torch.round(weight / scale)
    return codes.clamp(-LEVELS, LEVELS).to(torch.int8), scale


@torch.no_grad()
def quantise_reader(reader: Reader) -> Reader:
    """Replaces the weights of all linear layers by their rounded values; gives the same reader. Idempotent."""
    for module in reader.modules():
        if isinstance(module, nn.Linear):
            codes, scale = codes_and_scales(module.weight)
            module.weight.copy_(codes.float() * scale)
    return reader
