"""Pairs that the reader should read alike: one sentence in two languages, and one text clean and disguised.

Of a translated pair the mean residuals at the hook point are brought together, measured by the variance of the residuals;
of a disguised pair the logits of all labels are brought to those of the clean text, which itself is not moved by it.
Translations are those of Parallel Universal Dependencies; a fifth of the sentences is never trained on, so that agreement
between languages can be measured.
"""

from __future__ import annotations

import functools
import gzip
import json
import zlib
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from augment import augmented
from data import DATA, Segment
from device import DEVICE, autocast
from reference_tokenizer import ROLES, ReferenceTokenizer
from windows import Window, padded, windows_of

MAX_CHARACTERS = 280


def measures_agreement(sentence: str) -> bool:
    """Whether this sentence of the parallel corpus only measures, by its name."""
    return zlib.crc32(sentence.encode()) % 5 == 0


@functools.cache
def translations(measuring: bool) -> tuple[dict[str, str], ...]:
    """language -> sentence, of the sentences that train or of those that measure."""
    with gzip.open(DATA / "parallel" / "pud.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return tuple({k: v for k, v in row.items() if k != "sentence"} for row in rows
                 if measures_agreement(row["sentence"]) == measuring)


class Pairs:
    """`draw(rng)` gives as many pairs of each kind, translated ones first; `rows` are what may be disguised."""

    def __init__(self, tokenizer: ReferenceTokenizer, count: int):
        self.tokenizer, self.count = tokenizer, count
        self.sentences = translations(False)

    def draw(self, rows: list[Segment], rng: np.random.Generator) -> list[Window]:
        """Windows in pairs: [a0, b0, a1, b1, ..], the first `count` pairs translated, the others clean and disguised."""
        texts: list[tuple[str, str]] = []
        for _ in range(self.count):
            sentence, role = self.sentences[rng.integers(len(self.sentences))], ROLES[rng.integers(1, len(ROLES))]
            texts.extend((sentence[lang], role) for lang in rng.choice(sorted(sentence), 2, replace=False))
        while len(texts) < 4 * self.count:
            row = rows[rng.integers(len(rows))]
            if len(row.text) <= MAX_CHARACTERS:
                texts.extend([(row.text, row.role), (augmented(row.text, rng, light=0.4, heavy=0.6), row.role)])
        encoded = self.tokenizer.encode_many([text for text, _ in texts])
        return [windows_of(ids or [self.tokenizer.specials["unk"]], self.tokenizer.prefix(role), i, 1)[0]
                for i, (ids, (_, role)) in enumerate(zip(encoded, texts))]

    def loss(self, windows: list[Window], read: Callable[[Tensor], Tensor], score: Callable[..., Tensor]) -> Tensor:
        """read(ids) -> residual [windows, tokens, hidden]; score(residual, scored, owner, rows) -> logits [rows, labels]."""
        ids, scored = (torch.from_numpy(a).to(DEVICE) for a in padded(windows))
        with autocast():
            residual = read(ids).float()
        share = scored.float() / scored.sum(1, keepdim=True)
        means = torch.einsum("wth,wt->wh", residual, share)
        translated = 2 * self.count
        apart = (means[0:translated:2] - means[1:translated:2]).pow(2).mean() / residual[scored].detach().var()
        logits = score(residual, scored, torch.arange(len(windows), device=DEVICE), len(windows))
        disguise = F.mse_loss(logits[translated + 1 :: 2], logits[translated::2].detach())
        return apart + 0.1 * disguise


def twins_loss(pooled: Tensor, target: Tensor, weight: Tensor, group: Tensor) -> Tensor:
    """Mean logistic loss of the difference between a harmful row and a near-miss of its group (pooled, target, weight [rows, labels];
    group [rows], -1 for none): what the two share, the scene and its words, cancels ("pairwise ranking", Burges et al. 2005)."""
    same = (group[:, None] == group[None]) & (group[:, None] >= 0)
    harm, near = torch.nonzero(same, as_tuple=True)
    known = (weight[harm] > 0) & (weight[near] > 0) & (target[harm] > target[near])
    loss = F.softplus(pooled[near] - pooled[harm])
    return (loss * known * weight[harm]).sum() / (known * weight[harm]).sum().clamp(min=1e-6)
