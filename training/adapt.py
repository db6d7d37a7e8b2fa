"""Adapts the reader: multi-task fine-tuning of its upper layers, so that the hook point sees harm and not topics.

One linear head a label reads the hook point at every token; a row's logit is the softmax-weighted mean of the rolling
means of its tokens' logits, so that evidence is local and a short spike counts little. Labels that a row does not carry
are masked. On ordinary text a second term keeps the hook point near the original representation; a third brings
translations of a sentence together, and disguised text to what is read of it in clear (`consistency.py`).

    python adapt.py --out BUILD_FOLDER [--limit 2000] [--seed 1] [--init OTHER/adapt.pt]     resumes from BUILD_FOLDER/adapt.pt

Beside adapt.pt lies adapt.json: the settings, tokens and seconds, and which written parts were read, so that a reader that goes on from
this one (`--init`) knows what is new to it.
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

from consistency import Pairs, twins_loss
from data import LABELS, written
from device import DEVICE, autocast
from mixture import PER_SOURCE, Mixture
from public_weights import read_public_weights
from reader import Reader
from reference_tokenizer import ReferenceTokenizer
from report import dev_report
from windows import PREFIX_TOKENS, padded

ROLLING_TOKENS = 8
UNKNOWN = 3


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


def rate_at(step: int, limit: int) -> float:
    """Share of the highest learning rate: up over the first twentieth, then down to a thirtieth in a straight line."""
    warm = 0.05 * limit
    return min((step + 1) / warm, max(0.03, 1 - (step - warm) / (limit - warm)))


def batches_from(mixture: Mixture, state: dict, limit: int, max_tokens: int):
    """(pass, batch) from the pass and place where the state stopped, until `limit` batches in all were given."""
    step, number = state["step"], state["pass"]
    begun = state["pass_began"]
    while step < limit:
        batches = mixture.batches(number, max_tokens)
        for batch in batches[step - begun :][: limit - step]:
            state.update(step=step, pass_began=begun)
            state["pass"] = number
            yield number, batch, begun + len(batches) == step + 1
            step += 1
        number, begun = number + 1, begun + len(batches)


def without_some(ids: Tensor, share: float) -> Tensor:
    """Ids with a share of the content replaced by <unk>, in half of the windows, so that no single word decides."""
    drop = (torch.rand(ids.shape, device=ids.device) < share) & (torch.rand(len(ids), 1, device=ids.device) < 0.5)
    drop[:, :PREFIX_TOKENS] = False
    return ids.masked_fill(drop, UNKNOWN)


def loss_of(batch: list, tensors: tuple, reader: Reader, original: Reader, heads: Heads, options: argparse.Namespace) -> Tensor:
    """Masked binary cross-entropy of the rows, and the drift of ordinary rows from the original representation."""
    rows, target, weight, ordinary, group = tensors
    ids, scored = padded(batch)
    ids, scored = without_some(torch.from_numpy(ids).to(DEVICE), options.drop), torch.from_numpy(scored).to(DEVICE)
    place = {row: i for i, row in enumerate(rows)}
    owner = torch.tensor([place[w.row] for w in batch], device=DEVICE)
    with autocast():
        residual = reader(ids)
    pooled = pool_rows(heads(residual), scored, owner, len(rows))
    loss = (F.binary_cross_entropy_with_logits(pooled, target, reduction="none") * weight).sum() / weight.sum()
    if options.twins:
        loss = loss + options.twins * twins_loss(pooled, target, weight, group)
    keep = ordinary[owner]
    if keep.any():
        with torch.no_grad(), autocast():
            before = original(ids[keep])
        drift = (residual[keep] - before)[scored[keep]].pow(2).mean() / before[scored[keep]].var()
        loss = loss + options.anchor * drift * keep.float().mean()
    return loss


def save(checkpoint: Path, reader: Reader, heads: Heads, optimizer: torch.optim.Optimizer, state: dict) -> None:
    part = checkpoint.with_suffix(".part")
    torch.save({"reader": reader.state_dict(), "heads": heads.state_dict(), "optimizer": optimizer.state_dict(),
                "state": state, "rng": torch.get_rng_state()}, part)
    part.rename(checkpoint)


def parts_read(init: Path | None) -> set[str]:
    """The written parts that the reader of --init was trained on, which its adapt.json names; none without one."""
    facts = init.with_suffix(".json") if init else None
    return set(json.loads(facts.read_text())["written_parts"]) if facts is not None and facts.exists() else set()


def facts_of(options: argparse.Namespace, state: dict, seen_parts: set[str]) -> dict:
    parts = {s.source for s in written() if s.split == "train"}
    return {"batches": state["step"], "tokens": state["tokens"], "seconds": round(state["seconds"]), "seed": options.seed,
            "rate": options.rate, "begun_from": options.init is not None, "written_parts": sorted(parts | seen_parts)}


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
    optimizer = torch.optim.AdamW(parameter_groups(reader, heads, 1.0, options.frozen), betas=(0.9, 0.98), fused=True)
    highest = [group["lr"] for group in optimizer.param_groups]
    checkpoint = options.out / "adapt.pt"
    state = {"step": 0, "pass": 0, "pass_began": 0, "seconds": 0.0, "tokens": 0}
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=False, map_location="cpu")
        reader.load_state_dict(saved["reader"]), heads.load_state_dict(saved["heads"])
        optimizer.load_state_dict(saved["optimizer"]), torch.set_rng_state(saved["rng"])
        state = saved["state"]
        if options.new_pass:
            state.update(pass_began=state["step"])
            state["pass"] += 1
    elif options.init:
        saved = torch.load(options.init, weights_only=False, map_location="cpu")
        reader.load_state_dict(saved["reader"]), heads.load_state_dict(saved["heads"])
    if options.anchor_init:
        original.load_state_dict(torch.load(options.init, weights_only=False, map_location="cpu")["reader"])
    seen_parts = parts_read(options.init)
    mixture = Mixture(tokenizer, options.seed, seen_parts, options.per_source, options.seen_share)
    pairs = Pairs(tokenizer, options.pairs)
    reader.train()
    started, losses = time.time() - state["seconds"], []
    bar = tqdm(batches_from(mixture, state, options.limit, options.batch_tokens), initial=state["step"],
               total=options.limit, mininterval=20)
    for number, batch, last_of_pass in bar:
        step = state["step"]
        rows = sorted({w.row for w in batch})
        tensors = (rows, *(t.to(DEVICE) for t in mixture.targets(number, rows)))
        for group, top in zip(optimizer.param_groups, highest):
            group["lr"] = top * options.rate * rate_at(step, options.limit)
        loss = loss_of(batch, tensors, reader, original, heads, options)
        if options.pairs:
            alike = pairs.draw(mixture.rows[number], np.random.default_rng([options.seed, step]))
            loss = loss + options.consistency * pairs.loss(alike, reader, lambda r, *at: pool_rows(heads(r), *at))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], 1.0)
        optimizer.step()
        losses.append(loss.item())
        state.update(step=step + 1, seconds=time.time() - started, tokens=state["tokens"] + sum(len(w.ids) for w in batch))
        if (step + 1) % 50 == 0:
            print(f"step {step + 1}/{options.limit} pass {number} loss {np.mean(losses[-50:]):.4f} {state['tokens']} tokens "
                  f"{state['seconds']:.0f} s", flush=True)
        last_of_pass = last_of_pass or step + 1 == options.limit
        if (step + 1) % 100 == 0 or last_of_pass:
            save(checkpoint, reader, heads, optimizer, state)
        if last_of_pass:
            report = dev_report(reader, heads, tokenizer, pool_rows)
            print(json.dumps({"pass": number, **{k: v for k, v in report.items() if k != "by_part"}}), flush=True)
            (options.out / f"adapt-pass-{number}.json").write_text(json.dumps(report, indent=1))
            reader.train()
    (options.out / "adapt.json").write_text(json.dumps(facts_of(options, state, seen_parts), indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=2000, help="batches in all; the learning rate falls towards it")
    parser.add_argument("--init", type=Path, help="another adapt.pt whose reader and heads are the start")
    parser.add_argument("--anchor-init", action="store_true", help="ordinary text is kept near the reader of --init, not near the public one")
    parser.add_argument("--new-pass", action="store_true", help="resume with a new pass, which reads the written rows anew")
    parser.add_argument("--seen-share", type=float, default=1.0, help="share of the groups that the reader of --init has read that a pass reads again")
    parser.add_argument("--per-source", type=int, default=PER_SOURCE, help="rows of a public source in a pass")
    parser.add_argument("--drop", type=float, default=0.06, help="share of tokens hidden in half of the windows")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--frozen", type=int, default=2)
    parser.add_argument("--anchor", type=float, default=0.5)
    parser.add_argument("--pairs", type=int, default=4, help="translated pairs a batch, and as many disguised ones")
    parser.add_argument("--consistency", type=float, default=0.3, help="weight of the term for pairs")
    parser.add_argument("--twins", type=float, default=0.0, help="weight of the term for harmful rows and near-misses of one group")
    parser.add_argument("--batch-tokens", type=int, default=6144)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    train(options)


if __name__ == "__main__":
    main()
