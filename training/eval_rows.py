"""The rows that figures are measured on, none of them trained on; the standard library alone.

    python3 training/eval_rows.py [--per-source 60] > rows.jsonl

One line a row: {"part", "text", "role", "labels", "lang", "group"}. `part` is `written/NAME` (dev rows of the project's contrast
rows), `later/NAME` (written after the reader was trained), `dev/NAME` (dev rows of public sources that were trained on)
or `transfer/NAME` (public sources that were not).
"""

from __future__ import annotations

import argparse
import json
import random
import sys

from data import HELD_OUT_SOURCES, NO_TRAINING, Segment, labelled, written


# Of a public source. The baseline and the figures of the product are of the same rows only while this is the same.
PER_SOURCE = 60


def evaluation_rows(per_source: int = PER_SOURCE, seed: int = 5) -> list[tuple[str, Segment]]:
    """(part, segment), at most `per_source` rows of a public source."""
    kinds = {"dev": "written", "later": "later"}
    rows = [(f"{kinds[s.split]}/{s.source}", s) for s in written() if s.split in kinds]
    by_source: dict[str, list[Segment]] = {}
    for segment in labelled():
        if segment.source not in NO_TRAINING and (segment.split == "dev" or segment.source in HELD_OUT_SOURCES):
            by_source.setdefault(segment.source, []).append(segment)
    for source, segments in sorted(by_source.items()):
        kind = "transfer" if source in HELD_OUT_SOURCES else "dev"
        chosen = random.Random(f"{seed}/{source}").sample(segments, min(per_source, len(segments)))
        rows.extend((f"{kind}/{source}", segment) for segment in chosen)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-source", type=int, default=PER_SOURCE)
    options = parser.parse_args()
    for part, s in evaluation_rows(options.per_source):
        row = {"part": part, "text": s.text, "role": s.role, "labels": s.labels, "lang": s.lang, "group": s.group}
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
