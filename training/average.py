"""The mean of several adapted readers and their heads, of which each went on from the one before: what late batches add and what earlier
ones knew ("model soups", Wortsman et al. 2022, arXiv:2203.05482).

    python average.py BUILD_FOLDER... --out BUILD_FOLDER      adapt.pt and adapt.json of each, the last one's parts; one that is named
                                                              twice counts twice
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor


def mean_of(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    saved = [torch.load(build / "adapt.pt", weights_only=False, map_location="cpu") for build in options.builds]
    facts = {build: json.loads((build / "adapt.json").read_text()) for build in options.builds}
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save({part: mean_of([one[part] for one in saved]) for part in ("reader", "heads")}, options.out / "adapt.pt")
    added = {name: sum(one[name] for one in facts.values()) for name in ("batches", "tokens", "seconds")}
    (options.out / "adapt.json").write_text(json.dumps({**facts[options.builds[-1]], **added, "mean_of": len(saved)}, indent=1))


if __name__ == "__main__":
    main()
