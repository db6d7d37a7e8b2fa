"""Residuals at the hook point of varied text, for the dictionary: ordinary text of all roles and languages from the
training half, labelled and written rows of the train split. Writes float16 [tokens, hidden] into the build folder.

    python harvest.py --out BUILD_FOLDER [--tokens 4000000]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from data import HELD_OUT_SOURCES, NO_TRAINING, labelled, written
from device import DEVICE, autocast
from mixture import ordinary_texts
from public_weights import read_public_weights
from quantise import quantise_reader
from reader import Reader
from reference_tokenizer import ReferenceTokenizer
from windows import batches_of, padded, windows_of

CORPUS_SHARE, LABELLED_SHARE = 0.6, 0.3


def load_reader(build: Path) -> Reader:
    """The adapted reader with the weights that ship: int8 per output channel, dequantised."""
    reader = Reader(read_public_weights())
    reader.load_state_dict(torch.load(build / "adapt.pt", weights_only=False, map_location="cpu")["reader"])
    quantise_reader(reader)
    return reader.eval().requires_grad_(False)


def texts_for_dictionary(seed: int) -> list[list[tuple[str, str]]]:
    """Three pools of (text, role): corpus, labelled, written; each shuffled."""
    rng = np.random.default_rng(seed)
    ordinary = [(t, r) for t, r, _ in ordinary_texts(False, 9000, rng)]
    public = [(s.text, s.role) for s in labelled() if s.split == "train" and s.source not in HELD_OUT_SOURCES | NO_TRAINING]
    own = [(s.text, s.role) for s in written() if s.split == "train"]
    pools = [ordinary, public, own]
    return [[pool[i] for i in rng.permutation(len(pool))] for pool in pools]


def choose(tokenizer: ReferenceTokenizer, tokens: int, seed: int) -> list:
    """Windows of about `tokens` tokens in all, by the shares above; what is left is written rows."""
    chosen, spent = [], 0
    budgets = (CORPUS_SHARE * tokens, (CORPUS_SHARE + LABELLED_SHARE) * tokens, tokens)
    for pool, budget in zip(texts_for_dictionary(seed), budgets):
        for start in range(0, len(pool), 2000):
            if spent >= budget:
                break
            part = pool[start : start + 2000]
            for (_, role), ids in zip(part, tokenizer.encode_many([t for t, _ in part])):
                windows = windows_of(ids, tokenizer.prefix(role), len(chosen), 2)
                spent += sum(len(w.ids) - w.fresh for w in windows)
                if windows:
                    chosen.append(windows)
                if spent >= budget:
                    break
    return chosen


@torch.no_grad()
def harvest(build: Path, tokens: int, seed: int, threads: int) -> None:
    torch.set_num_threads(threads)
    reader = load_reader(build).to(DEVICE)
    tokenizer = ReferenceTokenizer(read_public_weights())
    rows = choose(tokenizer, tokens, seed)
    total = sum(len(w.ids) - w.fresh for row in rows for w in row)
    store = np.lib.format.open_memmap(build / "residuals.npy", "w+", np.float16, (total, reader.token_table.shape[1]))
    batches = batches_of(rows, 8192, np.random.default_rng(seed))
    started, at = time.time(), 0
    for batch in tqdm(batches, mininterval=20):
        ids, scored = padded(batch)
        with autocast():
            residual = reader(torch.from_numpy(ids).to(DEVICE))
        kept = residual.cpu()[torch.from_numpy(scored)]
        store[at : at + len(kept)] = kept.numpy().astype(np.float16)
        at += len(kept)
    store.flush()
    (build / "harvest.json").write_text(json.dumps(
        {"tokens": int(at), "segments": len(rows), "seconds": round(time.time() - started), "seed": seed}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=4_000_000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    harvest(options.out, options.tokens, options.seed, options.threads)


if __name__ == "__main__":
    main()
