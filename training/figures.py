"""Gathers the figures of all stages: figures.json, which the manifest carries, and measures.json, what was measured of the
finished featureset beside them; the latter lies beside the manifest, so that measuring more does not make another featureset.

    python figures.py --out BUILD_FOLDER

A measure that was not taken again of this featureset stays as it was, and measured_on.json names the earlier one: {"transfer": "0.4.0"}.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


MEASURES = ("probing", "causal", "transfer", "absorption", "seeds", "costs")


def read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    build: Path = parser.parse_args().out
    calibration = read(build / "calibration.json")
    calibration.pop("curves", None)
    sources = calibration.pop("sources", None)
    evaluation = read(build / "evaluation.json")
    summary = {variant: {k: v for k, v in figures.items() if k != "by_part"}
               for variant, figures in evaluation.get("any", {}).items()}
    labels = {name: v["written_together"] for name, v in evaluation.get("labels", {}).items()}
    figures = {"adapt": read(build / "adapt.json"), "harvest": read(build / "harvest.json"), "dictionary": read(build / "dictionary.json"),
               "concepts": {k: v for k, v in read(build / "concepts-fit.json").items() if k != "aggregates"},
               "calibration": calibration, "any": read(build / "any.json"), "evaluation": summary,
               "evaluation_written_by_label": labels,
               "seconds": read(build / "seconds.json")}
    (build / "figures.json").write_text(json.dumps(figures, indent=1))
    measures = {"calibration": sources} if sources else {}
    measures |= {name: found for name in MEASURES if (found := read(build / f"{name}.json"))}
    if (build / "measured_on.json").exists():
        measures["measured_on"] = read(build / "measured_on.json")
    (build / "measures.json").write_text(json.dumps(measures, indent=1) + "\n")


if __name__ == "__main__":
    main()
