"""The reader: the lower layers of multilingual-e5-small under a causal mask, up to the hook point.

Post-layer-norm BERT (Devlin et al. 2019, arXiv:1810.04805) with gelu (erf). The hook point is the residual stream
after `HOOK_LAYER` layers, i.e. the output of that layer's second layer norm.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from public_weights import PublicWeights, dequantise_blocks

HOOK_LAYER = 8


class Layer(nn.Module):
    """x [batch, tokens, hidden] -> the same shape; attention sees itself and the past."""

    def __init__(self, hidden: int, heads: int, feed_forward: int, epsilon: float):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.ao = (nn.Linear(hidden, hidden) for _ in range(4))
        self.fi, self.fo = nn.Linear(hidden, feed_forward), nn.Linear(feed_forward, hidden)
        self.aln, self.oln = nn.LayerNorm(hidden, eps=epsilon), nn.LayerNorm(hidden, eps=epsilon)
        self.dropout = 0.0

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, hidden = x.shape
        q, k, v = (f(x).view(batch, tokens, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, tokens, hidden)
        x = self.aln(x + self.ao(mixed))
        return self.oln(x + F.dropout(self.fo(F.gelu(self.fi(x))), self.dropout, self.training))


class Reader(nn.Module):
    """ids int64 [batch, tokens] -> residual float32 [batch, tokens, hidden] at the hook point; padding goes right."""

    def __init__(self, weights: PublicWeights, layers: int = HOOK_LAYER):
        super().__init__()
        hidden = weights.hidden
        table = torch.from_numpy(dequantise_blocks(weights.token_blocks))
        self.register_buffer("token_table", table, persistent=False)
        position = torch.from_numpy(weights.tensors["emb.pos"]).view(-1, hidden)
        kind = torch.from_numpy(weights.tensors["emb.type"]).view(-1, hidden)[0]
        self.register_buffer("position_table", position + kind, persistent=False)
        self.embedding_norm = nn.LayerNorm(hidden, eps=weights.epsilon)
        self.layers = nn.ModuleList(Layer(hidden, weights.heads, weights.feed_forward, weights.epsilon)
                                    for _ in range(layers))
        self._load(weights)

    def _load(self, weights: PublicWeights) -> None:
        tensors = {name: torch.from_numpy(value) for name, value in weights.tensors.items()}
        with torch.no_grad():
            self.embedding_norm.weight.copy_(tensors["emb.ln.w"])
            self.embedding_norm.bias.copy_(tensors["emb.ln.b"])
            for index, layer in enumerate(self.layers):
                for name in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
                    module = getattr(layer, name)
                    module.weight.copy_(tensors[f"l{index}.{name}.w"].view(module.weight.shape))
                    module.bias.copy_(tensors[f"l{index}.{name}.b"])

    def embed(self, ids: Tensor) -> Tensor:
        return self.embedding_norm(self.token_table[ids] + self.position_table[: ids.shape[1]])

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids)
        for layer in self.layers:
            x = layer(x)
        return x.float()
