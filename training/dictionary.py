"""Trains the dictionary: a BatchTopK sparse autoencoder (Bussmann et al. 2024, arXiv:2412.06410) on the hook point.

Pre-activations p = (x - b_dec) W_enc^T + b_enc; of a batch the batch * L0 highest positive ones are kept; the decoder's
rows have unit norm. Two terms beside the reconstruction: AuxK revives dead features (Gao et al. 2024, arXiv:2406.04093),
and the error is also measured along the concept heads, so that detection loses little when read through features. At
inference a feature is active above one threshold, the mean of the batches' cut-offs (a JumpReLU with a shared threshold).

    python dictionary.py --out BUILD_FOLDER [--features 4096] [--l0 48] [--epochs 2] [--seed 3] [--init OTHER/dictionary.npz]   resumes
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from device import DEVICE, autocast

DEAD_AFTER_TOKENS = 400_000
AUX_FEATURES = 192
HOLD_OUT_TOKENS = 60_000


class Dictionary(torch.nn.Module):
    """W_enc, W_dec float32 [features, hidden]; b_enc [features]; b_dec [hidden]."""

    def __init__(self, mean: Tensor, features: int, seed: int):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randn(features, mean.shape[0], generator=generator)
        rows = rows / rows.norm(dim=1, keepdim=True)
        self.W_dec = torch.nn.Parameter(rows.clone())
        self.W_enc = torch.nn.Parameter(rows.clone())
        self.b_enc = torch.nn.Parameter(torch.zeros(features))
        self.b_dec = torch.nn.Parameter(mean.clone())

    def pre(self, x: Tensor) -> Tensor:
        with autocast():
            return (x - self.b_dec) @ self.W_enc.T + self.b_enc.to(torch.bfloat16)

    def decode(self, activations: Tensor) -> Tensor:
        with autocast():
            return (activations @ self.W_dec).float() + self.b_dec


def cut_off(pre: Tensor, l0: int) -> float:
    """The value that l0 pre-activations a token exceed on average, from every eighth token of the batch."""
    sample = pre.detach()[::8].float().relu().flatten()
    keep = min(len(sample), pre[::8].shape[0] * l0)
    return float(torch.topk(sample, keep, sorted=False).values.min())


def step_loss(model: Dictionary, x: Tensor, state: dict, options: argparse.Namespace) -> tuple[Tensor, dict]:
    pre = model.pre(x)
    cut = cut_off(pre, options.l0)
    kept = torch.where(pre > cut, pre, torch.zeros((), dtype=pre.dtype)).relu()
    error = x - model.decode(kept)
    loss = error.pow(2).mean() / state["variance"]
    loss = loss + options.head_weight * (error @ state["heads"].T).pow(2).mean() / state["head_variance"]
    fired = (kept.detach() > 0).any(0)
    state["silent"] = torch.where(fired, 0, state["silent"] + len(x))
    dead = torch.nonzero(state["silent"] > DEAD_AFTER_TOKENS).flatten()
    if len(dead):
        pre_dead = pre[:, dead].float().relu()
        top = torch.topk(pre_dead, min(AUX_FEATURES, len(dead)), dim=1, sorted=False)
        sparse = torch.zeros_like(pre_dead).scatter(1, top.indices, top.values)
        loss = loss + (error.detach() - sparse @ model.W_dec[dead]).pow(2).mean() / state["variance"] / 32
    return loss, {"cut": cut, "dead": len(dead)}


@torch.no_grad()
def keep_unit_norm(model: Dictionary) -> None:
    """Projects the gradient off the radial direction, so that the norm is kept by the update and not fought by it."""
    if model.W_dec.grad is not None:
        along = (model.W_dec.grad * model.W_dec).sum(1, keepdim=True)
        model.W_dec.grad -= along * model.W_dec


@torch.no_grad()
def evaluate(model: Dictionary, x: Tensor, threshold: float, state: dict) -> dict:
    """Explained variance, L0, dead features and the share of the heads' variance kept, on tokens never trained on."""
    squared, heads, active, count = 0.0, 0.0, torch.zeros(model.W_enc.shape[0], device=x.device), 0
    for part in x.split(4096):
        pre = (part - model.b_dec) @ model.W_enc.T + model.b_enc
        kept = torch.where(pre > threshold, pre, 0.0)
        error = part - (kept @ model.W_dec + model.b_dec)
        squared += float(error.pow(2).sum())
        heads += float((error @ state["heads"].T).pow(2).sum())
        active += (kept > 0).sum(0)
        count += int((kept > 0).sum())
    centred = x - x.mean(0)
    of_heads = centred @ state["heads"].T
    return {"explained_variance": 1 - squared / float(centred.pow(2).sum()),
            "heads_variance_kept": 1 - heads / float((of_heads - of_heads.mean(0)).pow(2).sum()),
            "l0": count / len(x), "dead": float((active == 0).float().mean()), "held_out_tokens": len(x)}


def prepare(build: Path, options: argparse.Namespace) -> tuple[np.ndarray, Tensor, dict]:
    residuals = np.load(build / "residuals.npy", mmap_mode="r")
    order = np.random.default_rng(options.seed).permutation(len(residuals))
    held = torch.from_numpy(residuals[np.sort(order[:HOLD_OUT_TOKENS])].astype(np.float32))
    weight = torch.load(build / "adapt.pt", weights_only=False, map_location="cpu")["heads"]["linear.weight"]
    sample = torch.from_numpy(residuals[np.sort(order[HOLD_OUT_TOKENS : HOLD_OUT_TOKENS + 100_000])].astype(np.float32))
    state = {"heads": weight, "variance": float(sample.var(0).mean()), "mean": sample.mean(0),
             "head_variance": float((sample @ weight.T).var(0).mean()),
             "silent": torch.zeros(options.features, dtype=torch.long)}
    return order[HOLD_OUT_TOKENS:], held, state


@torch.no_grad()
def start_from(model: Dictionary, other: Path) -> float:
    """Takes the weights of another dictionary, so that its features go on and follow a changed reader; its threshold."""
    arrays = np.load(other)
    for name, parameter in model.named_parameters():
        parameter.copy_(torch.from_numpy(arrays[name].astype(np.float32)))
    return float(arrays["threshold"][0])


def begun_from(other: Path | None) -> dict:
    """How many tokens the dictionary that was the start had seen, where its dictionary.json lies beside it."""
    facts = other.with_suffix(".json") if other else None
    if facts is None or not facts.exists():
        return {}
    seen = json.loads(facts.read_text())
    return {"before": seen["epochs"] * seen["tokens"] + seen.get("before", 0)}


def train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    build: Path = options.out
    residuals = np.load(build / "residuals.npy")
    order, held, state = prepare(build, options)
    model = Dictionary(state["mean"], options.features, options.seed).to(DEVICE)
    held = held.to(DEVICE)
    state = {k: v.to(DEVICE) if isinstance(v, Tensor) else v for k, v in state.items()}
    optimizer = torch.optim.Adam(model.parameters(), lr=options.rate, betas=(0.9, 0.99))
    steps = options.epochs * (len(order) // options.batch)
    checkpoint, begin, spent, threshold = build / "dictionary.pt", 0, 0.0, None
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=False, map_location=DEVICE)
        model.load_state_dict(saved["model"]), optimizer.load_state_dict(saved["optimizer"])
        begin, spent, threshold, state["silent"] = saved["step"], saved["seconds"], saved["threshold"], saved["silent"]
    elif options.init:
        threshold = start_from(model, options.init)
    started = time.time()
    for step in tqdm(range(begin, steps), initial=begin, total=steps, mininterval=20):
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, (step + 1) / 100, (steps - step) / (0.3 * steps))
        at = (step * options.batch) % (len(order) - options.batch)
        x = torch.from_numpy(residuals[order[at : at + options.batch]].astype(np.float32)).to(DEVICE)
        loss, facts = step_loss(model, x, state, options)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        keep_unit_norm(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.W_dec /= model.W_dec.norm(dim=1, keepdim=True)
        threshold = facts["cut"] if threshold is None else 0.99 * threshold + 0.01 * facts["cut"]
        if (step + 1) % 100 == 0 or step + 1 == steps:
            seconds = spent + time.time() - started
            figures = evaluate(model, held, threshold, state)
            print(json.dumps({"step": step + 1, "of": steps, "loss": round(loss.item(), 4), "cut": round(threshold, 4),
                              "dead_in_training": facts["dead"], "seconds": round(seconds),
                              **{k: round(v, 4) for k, v in figures.items()}}), flush=True)
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1,
                        "seconds": seconds, "threshold": threshold, "silent": state["silent"]}, checkpoint)
    save(build, model, threshold, held, state, {"steps": steps, "batch": options.batch, "epochs": options.epochs,
         "seed": options.seed, "tokens": len(order), "seconds": round(spent + time.time() - started), **begun_from(options.init)})


@torch.no_grad()
def save(build: Path, model: Dictionary, threshold: float, held: Tensor, state: dict, facts: dict) -> None:
    """Rounds the weights to float16, as they ship, before they are measured and written."""
    for parameter in (model.W_enc, model.W_dec):
        parameter.copy_(parameter.half().float())
    figures = {**evaluate(model, held, threshold, state), **facts, "features": len(model.b_enc), "threshold": threshold}
    model.cpu()
    np.savez(build / "dictionary.npz", W_enc=model.W_enc.numpy(), b_enc=model.b_enc.numpy(), W_dec=model.W_dec.numpy(),
             b_dec=model.b_dec.numpy(), threshold=np.full(len(model.b_enc), threshold, np.float32))
    (build / "dictionary.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--features", type=int, default=4096)
    parser.add_argument("--l0", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--init", type=Path, help="another dictionary.npz that is the start")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--head-weight", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
