"""Gathers the figures of all stages into figures.json, which the manifest carries.

    python figures.py --out BUILD_FOLDER
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    build: Path = parser.parse_args().out
    calibration = read(build / "calibration.json")
    calibration.pop("curves", None)
    evaluation = read(build / "evaluation.json")
    summary = {variant: {k: v for k, v in figures.items() if k != "by_part"}
               for variant, figures in evaluation.get("any", {}).items()}
    labels = {name: v["written_together"] for name, v in evaluation.get("labels", {}).items()}
    figures = {"harvest": read(build / "harvest.json"), "dictionary": read(build / "dictionary.json"),
               "concepts": {k: v for k, v in read(build / "concepts-fit.json").items() if k != "aggregates"},
               "calibration": calibration, "any": read(build / "any.json"), "evaluation": summary,
               "evaluation_written_by_label": labels, "probing": read(build / "probing.json"), "causal": read(build / "causal.json"),
               "seconds": read(build / "seconds.json")}
    (build / "figures.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
