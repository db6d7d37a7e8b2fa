"""Feature absorption (Chanin et al. 2024, arXiv:2409.14507; as in SAEBench, arXiv:2503.09532): a feature that stands for the
first letter of a word stays silent on some words, because another, narrower feature has taken the letter in.

Tokens of ordinary text that begin a word of ASCII letters; a linear probe for each first letter on the residual; the main
features of a letter by k-sparse probing (one more feature counts as main where it raises F1 by more than .03). Where the
probe is right and every main feature is silent, the letter was absorbed if the strongest feature along the probe has a
cosine of at least .025 with it and makes up at least .4 of the reading.

    python absorption.py --out BUILD_FOLDER [--seed 8]      writes BUILD_FOLDER/absorption.json
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data import Segment
from device import DEVICE
from features import Encoder, encode_segments
from harvest import load_reader
from mixture import ordinary_texts
from public_weights import read_public_weights
from reference_tokenizer import ReferenceTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOST_MAIN, SPLIT_GAIN, LEAST_COSINE, LEAST_SHARE, LEAST_TOKENS = 5, 0.03, 0.025, 0.4, 200


def letter_tokens(build: Path, seed: int, texts: int) -> tuple[Tensor, Tensor, Encoder]:
    """Residuals float32 [tokens, hidden] of word-initial tokens and the index of their first letter."""
    weights = read_public_weights()
    rng = np.random.default_rng(seed)
    rows = [Segment(t, r, {}, s, "train") for t, r, s in ordinary_texts(False, 250, rng) if s != "multilingual_ud"]
    rows = [rows[i] for i in rng.permutation(len(rows))[:texts]]
    encoder = Encoder.load(build)
    corpus = encode_segments(rows, load_reader(build).to(DEVICE), encoder, ReferenceTokenizer(weights), max_windows=1, residuals=True)
    letter = np.full(len(weights.pieces), -1)
    for i, piece in enumerate(weights.pieces):
        if len(piece) > 3 and piece[0] == "▁" and piece[1:].isascii() and piece[1:].isalpha():
            letter[i] = LETTERS.index(piece[1].lower())
    target = letter[corpus.token_ids]
    kept = target >= 0
    return torch.from_numpy(corpus.residual[kept].astype(np.float32)), torch.from_numpy(target[kept]), encoder


def letter_probe(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Multinomial logistic regression by L-BFGS -> weight [26, hidden], bias [26]."""
    weight, bias = torch.zeros(len(LETTERS), x.shape[1], requires_grad=True), torch.zeros(len(LETTERS), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=120, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(x @ weight.T + bias, y) + 1e-4 * weight.pow(2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return weight.detach(), bias.detach()


def f1(guess: np.ndarray, truth: np.ndarray) -> float:
    hits = float((guess & truth).sum())
    return 2 * hits / max(1.0, float(guess.sum() + truth.sum()))


def main_features(activations: np.ndarray, truth: np.ndarray) -> list[int]:
    """Greedily, the feature whose activity (with those already chosen) tells the letter best, while F1 grows by SPLIT_GAIN."""
    active = activations > 0
    hits = active[truth].sum(0)
    score = 2 * hits / np.maximum(1, active.sum(0) + truth.sum())
    order = np.argsort(-score)[:200]
    chosen: list[int] = []
    together, best = np.zeros(len(truth), bool), 0.0
    while len(chosen) < MOST_MAIN:
        gains = [f1(together | active[:, j], truth) for j in order]
        at = int(np.argmax(gains))
        if chosen and gains[at] - best <= SPLIT_GAIN:
            break
        chosen.append(int(order[at]))
        together, best = together | active[:, order[at]], gains[at]
    return chosen


def absorption(build: Path, seed: int, texts: int) -> dict:
    started = time.time()
    x, y, encoder = letter_tokens(build, seed, texts)
    half = torch.arange(len(y)) % 2 == 0
    scale = x.std(0) + 1e-3
    weight, bias = letter_probe(x[half] / scale, y[half])
    weight = weight / scale
    right = (x @ weight.T + bias).argmax(1) == y
    activations = torch.cat([encoder(part) for part in x.split(8192)]).numpy()
    found = {}
    for index, letter in enumerate(LETTERS):
        truth = (y == index).numpy()
        test = truth & ~half.numpy() & right.numpy()
        if test.sum() < LEAST_TOKENS:
            continue
        main = main_features(activations[half.numpy()], truth[half.numpy()])
        direction = weight[index]
        along = (encoder.W_dec @ direction).numpy()
        cosine = along / (encoder.W_dec.norm(dim=1) * direction.norm()).numpy()
        silent = activations[test][(activations[test][:, main] > 0).sum(1) == 0]
        parts = silent * along
        strongest = parts.argmax(1)
        top = parts[np.arange(len(parts)), strongest]
        whole = np.maximum(parts, 0).sum(1)
        absorbed = (cosine[strongest] >= LEAST_COSINE) & (top >= LEAST_SHARE * np.maximum(whole, 1e-9)) & (top > 0)
        found[letter] = {"tokens": int(test.sum()), "main_features": main, "silent": round(float(len(silent) / test.sum()), 4),
                         "absorbed": round(float(absorbed.sum() / test.sum()), 4)}
        print(letter, found[letter], flush=True)
    mean = {k: round(float(np.mean([v[k] for v in found.values()])), 4) for k in ("silent", "absorbed")}
    return {"tokens": len(y), "probe_accuracy": round(float(right[~half].float().mean()), 4), "mean": mean,
            "mean_main_features": round(float(np.mean([len(v["main_features"]) for v in found.values()])), 2),
            "letters": found, "seed": seed, "seconds": round(time.time() - started)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--texts", type=int, default=2200)
    options = parser.parse_args()
    torch.set_num_threads(2)
    figures = absorption(options.out, options.seed, options.texts)
    (options.out / "absorption.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps({k: v for k, v in figures.items() if k != "letters"}), flush=True)


if __name__ == "__main__":
    main()
