"""How much of a dictionary is found again with another seed: for every live feature of one the greatest cosine of its decoder
row with one of the other (mean max cosine similarity; Sharkey et al. 2022), and the share at or above .7.

    python dictionary.py --out OTHER_FOLDER --seed 13 ...      (with the same residuals.npy and adapt.pt in it)
    python seeds.py --out BUILD_FOLDER --other OTHER_FOLDER     writes BUILD_FOLDER/seeds.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

FOUND_AGAIN = 0.7


def directions(build: Path) -> np.ndarray:
    decoder = np.load(build / "dictionary.npz")["W_dec"]
    return decoder / np.linalg.norm(decoder, axis=1, keepdims=True)


def figures_of(cosines: np.ndarray) -> dict:
    return {"features": len(cosines), "mean_max_cosine": round(float(cosines.mean()), 4),
            "found_again": round(float((cosines >= FOUND_AGAIN).mean()), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--other", type=Path, required=True)
    options = parser.parse_args()
    density = np.load(options.out / "density.npy")
    own, other = directions(options.out), directions(options.other)
    cosines = np.concatenate([(part @ other.T).max(1) for part in np.array_split(own, 16)])
    random = np.random.default_rng(1).standard_normal(own.shape)
    chance = (random[:512] / np.linalg.norm(random[:512], axis=1, keepdims=True) @ other.T).max(1)
    used = sorted({e["index"] for c in json.loads((options.out / "concepts.json").read_text()) for e in c["features"]})
    about = {k: json.loads((options.other / "dictionary.json").read_text()).get(k)
             for k in ("seed", "explained_variance", "l0", "dead", "seconds")}
    busy = np.argsort(-density)[:1000]
    found = {"all": figures_of(cosines[density > 0]), "in_concepts": figures_of(cosines[used]), "most_common_1000": figures_of(cosines[busy]),
             "random_directions": figures_of(chance), "other": about}
    (options.out / "seeds.json").write_text(json.dumps(found, indent=1))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
