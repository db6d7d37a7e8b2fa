"""Adapts the reader: multi-task fine-tuning of its upper layers, so that the hook point sees harm and not topics.

One linear head a label reads the hook point at every token; a row's logit is the softmax-weighted mean of the rolling
means of its tokens' logits, so that evidence is local and a short spike counts little. Labels that a row does not carry
are masked. On ordinary text a second term keeps the hook point near the original representation.

    python adapt.py --out BUILD_FOLDER [--passes 3] [--seed 1]     resumes from BUILD_FOLDER/adapt.pt
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from data import LABELS
from device import DEVICE, autocast
from mixture import Mixture
from public_weights import read_public_weights
from reader import Reader
from reference_tokenizer import ReferenceTokenizer
from report import dev_report
from windows import batches_of, padded

ROLLING_TOKENS = 8


def rolling_mean(logits: Tensor, first: int = 0) -> Tensor:
    """logits [windows, tokens, labels] -> mean over the last ROLLING_TOKENS positions, fewer at the start."""
    sums = logits[:, first:].cumsum(1)
    shifted = F.pad(sums, (0, 0, ROLLING_TOKENS, 0))[:, : sums.shape[1]]
    counts = torch.arange(1, sums.shape[1] + 1, device=logits.device).clamp(max=ROLLING_TOKENS).to(logits).view(1, -1, 1)
    return torch.cat([logits[:, :first], (sums - shifted) / counts], 1)


def pool_rows(logits: Tensor, scored: Tensor, row_of_window: Tensor, rows: int) -> Tensor:
    """Token logits [windows, tokens, labels] -> row logits [rows, labels], softmax-weighted over all scored tokens."""
    smooth = rolling_mean(logits, 3)
    flat = smooth[scored]
    owner = row_of_window[:, None].expand(scored.shape)[scored]
    peak = torch.full((rows, flat.shape[1]), -1e9, device=flat.device).index_reduce(0, owner, flat.detach(), "amax")
    weight = torch.exp(flat - peak[owner])
    total = torch.zeros_like(peak).index_add(0, owner, weight)
    return torch.zeros_like(peak).index_add(0, owner, weight * flat) / total


class Heads(nn.Module):
    """Residual [.., hidden] -> one logit a label."""

    def __init__(self, hidden: int):
        super().__init__()
        self.linear = nn.Linear(hidden, len(LABELS))
        nn.init.normal_(self.linear.weight, std=0.02)
        nn.init.constant_(self.linear.bias, -1.0)

    def forward(self, residual: Tensor) -> Tensor:
        return self.linear(residual)


def parameter_groups(reader: Reader, heads: Heads, rate: float, frozen: int) -> list[dict]:
    """Layer-wise learning rates, 0.85 per layer from the top; embeddings and the lowest layers stay as they were."""
    reader.embedding_norm.requires_grad_(False)
    groups = [{"params": list(heads.parameters()), "lr": rate * 8, "weight_decay": 0.0}]
    for depth, layer in enumerate(reversed(reader.layers)):
        if len(reader.layers) - depth <= frozen:
            layer.requires_grad_(False)
        else:
            layer.dropout = 0.1
            groups.append({"params": list(layer.parameters()), "lr": rate * 0.85**depth, "weight_decay": 0.01})
    return groups


def train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    weights = read_public_weights()
    tokenizer = ReferenceTokenizer(weights)
    reader, original = Reader(weights), Reader(weights).eval().requires_grad_(False)
    heads = Heads(weights.hidden)
    for module in (reader, original, heads):
        module.to(DEVICE)
    original.token_table = reader.token_table
    groups = parameter_groups(reader, heads, options.rate, options.frozen)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
    mixture = Mixture(tokenizer, options.seed)
    batches = [(p, b) for p in range(options.passes) for b in mixture.batches(p, options.batch_tokens)]
    if options.limit:
        batches = batches[: options.limit]
    tokens_total = sum(len(w.ids) for _, b in batches for w in b)
    print(f"{len(batches)} batches, {tokens_total} tokens in {options.passes} passes", flush=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(
        (step + 1) / (0.05 * len(batches)), max(0.03, 1 - (step - 0.05 * len(batches)) / (0.95 * len(batches)))))
    checkpoint, begin, spent = options.out / "adapt.pt", 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False, map_location="cpu")
        reader.load_state_dict(state["reader"]), heads.load_state_dict(state["heads"])
        optimizer.load_state_dict(state["optimizer"]), schedule.load_state_dict(state["schedule"])
        begin, spent = state["step"], state["seconds"]
        torch.set_rng_state(state["rng"])
    reader.train()
    started, seen, losses = time.time() - spent, 0, []
    for step in tqdm(range(begin, len(batches)), initial=begin, total=len(batches), mininterval=20):
        number, batch = batches[step]
        ids, scored = padded(batch)
        ids, scored = torch.from_numpy(ids).to(DEVICE), torch.from_numpy(scored).to(DEVICE)
        rows = sorted({w.row for w in batch})
        place = {row: i for i, row in enumerate(rows)}
        owner = torch.tensor([place[w.row] for w in batch], device=DEVICE)
        target, weight, ordinary = (t.to(DEVICE) for t in mixture.targets(number, rows))
        with autocast():
            residual = reader(ids)
        pooled = pool_rows(heads(residual), scored, owner, len(rows))
        loss = (F.binary_cross_entropy_with_logits(pooled, target, reduction="none") * weight).sum() / weight.sum()
        keep = ordinary[owner]
        if keep.any():
            with torch.no_grad(), autocast():
                before = original(ids[keep])
            drift = (residual[keep] - before)[scored[keep]].pow(2).mean() / before[scored[keep]].var()
            loss = loss + options.anchor * drift * keep.float().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 1.0)
        optimizer.step()
        schedule.step()
        seen += sum(len(w.ids) for w in batch)
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            rate = seen / (time.time() - started - (spent if begin else 0) or 1)
            print(f"step {step + 1}/{len(batches)} loss {np.mean(losses[-50:]):.4f} {rate:.0f} tokens/s "
                  f"{time.time() - started:.0f} s", flush=True)
        last_of_pass = step + 1 == len(batches) or batches[step + 1][0] != number
        if (step + 1) % 300 == 0 or last_of_pass:
            torch.save({"reader": reader.state_dict(), "heads": heads.state_dict(), "step": step + 1,
                        "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
                        "seconds": time.time() - started, "rng": torch.get_rng_state()}, checkpoint)
        if last_of_pass:
            report = dev_report(reader, heads, tokenizer, pool_rows)
            print(json.dumps({"pass": number, **report}), flush=True)
            (options.out / f"adapt-pass-{number}.json").write_text(json.dumps(report, indent=1))
            reader.train()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--frozen", type=int, default=2)
    parser.add_argument("--anchor", type=float, default=0.5)
    parser.add_argument("--batch-tokens", type=int, default=6144)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=0, help="stop after so many batches (to try the whole way)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    train(options)


if __name__ == "__main__":
    main()
