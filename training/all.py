"""Retrains the whole featureset, from the public weights to models/default; every stage resumes where it stopped.

    pip install -r training/requirements.txt
    python training/all.py --out BUILD_FOLDER [--go-on]

With --go-on the start is not the public weights but the featureset that ships, which learns what was written since. Its features'
labels are carried over by `label_trials.py` and have to be tried again before they are shown.

On two CPU cores with AVX-512 and bfloat16 the stages took 105 minutes beside other work (adaptation 60, calibration 15);
`figures.json` keeps the seconds of each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
# (stage, file that says it is done, arguments)
STAGES = (
    ("adapt", "adapt.done", ["--limit", "2500", "--seed", "1"]),
    ("harvest", "harvest.json", ["--tokens", "4000000", "--seed", "2"]),
    ("dictionary", "dictionary.npz", ["--features", "8192", "--l0", "48", "--epochs", "1", "--seed", "3"]),
    ("concepts", "concepts.json", ["--seed", "4"]),
    ("describe", "features.jsonl", []),
    ("calibrate", "any.json", ["--seed", "5"]),
    ("evaluate", "evaluation.json", []),
    ("probing", "probing.json", []),
    ("causal", "causal.json", ["--seed", "6"]),
    ("transfer", "transfer.json", []),
    ("absorption", "absorption.json", ["--seed", "8"]),
    ("costs", "costs.json", []),
)
# What takes the place of a stage's arguments where it goes on from the featureset that ships.
GO_ON = {
    "adapt": ["--init", "{shipped}/adapt.pt", "--anchor-init", "--limit", "700", "--rate", "1.5e-4", "--seen-share", "0.6", "--twins", "0.3", "--seed", "31"],
    "harvest": ["--tokens", "2600000", "--seed", "14"],
    "dictionary": ["--init", "{shipped}/dictionary.npz", "--rate", "6e-4", "--features", "8192", "--l0", "48", "--epochs", "1", "--seed", "15"],
}
# Large tensors come and go with every batch: without this the allocator gives them back to the kernel each time and
# a third of the time goes into page faults.
# Not where small arrays are kept between batches: they pin the heap, and it grows until memory is full.
TRAINS = {"adapt", "dictionary"}
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**32), "MALLOC_TOP_PAD_": str(2**28)}


def run_script(name: str, arguments: list[str]) -> float:
    """Runs one script to its end and gives its seconds."""
    started = time.time()
    print(f"== {name} {' '.join(arguments)}", flush=True)
    settings = ALLOCATOR if name in TRAINS else {}
    subprocess.run([sys.executable, str(HERE / f"{name}.py"), *arguments], check=True, env={**os.environ, **settings})
    return time.time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=HERE.parent / "models" / "default")
    parser.add_argument("--go-on", action="store_true", help="from the featureset in --models")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shipped = options.out / "shipped"
    if options.go_on and not (shipped / "adapt.pt").exists():
        run_script("shipped", ["--models", str(options.models), "--out", str(shipped)])
    times_file = options.out / "seconds.json"
    times = json.loads(times_file.read_text()) if times_file.exists() else {}
    for stage, done, arguments in STAGES:
        if options.go_on and stage in GO_ON:
            arguments = [argument.format(shipped=shipped) for argument in GO_ON[stage]]
        if not (options.out / done).exists():
            times[stage] = round(run_script(stage, ["--out", str(options.out), *arguments]))
            (options.out / done).touch()
            times_file.write_text(json.dumps(times))
    run_script("describe", ["--out", str(options.out), "--relabel"])
    run_script("figures", ["--out", str(options.out)])
    run_script("export", ["--build", str(options.out), "--out", str(options.models)])
    run_script("model_card", ["--out", str(options.out), "--models", str(options.models)])


if __name__ == "__main__":
    main()
