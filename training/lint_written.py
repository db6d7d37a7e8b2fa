"""Looks over the written rows: near-duplicates, repeated openings, gaps in labels. Exit code 1 where a bound is passed.

Near-duplicates: rows whose sets of five-character shingles overlap by a Jaccard index of 0.8 or more, found with
MinHash (Broder 1997), 64 hashes in 16 bands. A pair whose rows lie on two sides of a split, or that has two verdicts, is
named; pairs in one group are the contrast that is wanted and do not count.

    python lint_written.py [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter, defaultdict

import numpy as np

from data import LABELS, Segment, written

HASHES, BANDS, SIMILAR = 64, 16, 0.8
OPENING_WORDS, MOST_OF_AN_OPENING, LEAST_PER_LABEL = 4, 25, 80


def shingles(text: str) -> set[int]:
    flat = " ".join(text.lower().split())
    return {zlib.crc32(flat[i : i + 5].encode("utf-8", "replace")) for i in range(max(1, len(flat) - 4))}


def near_duplicates(rows: list[Segment], seed: int = 1) -> list[tuple[int, int, float]]:
    """(row, row, Jaccard index) of pairs from different groups."""
    rng = np.random.default_rng(seed)
    prime = (1 << 31) - 1
    a, b = rng.integers(1, prime, (2, HASHES)).astype(np.int64)
    sets = [shingles(row.text) for row in rows]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for index, found in enumerate(sets):
        values = np.fromiter((v % prime for v in found), np.int64)
        signature = ((values[:, None] * a + b) % prime).min(0).reshape(BANDS, -1)
        for band, part in enumerate(signature):
            buckets[band, part.tobytes()].append(index)
    pairs = {(i, j) for bucket in buckets.values() if len(bucket) < 50 for at, i in enumerate(bucket) for j in bucket[at + 1 :]}
    found = []
    for i, j in sorted(pairs):
        if (rows[i].source, rows[i].group) != (rows[j].source, rows[j].group):
            index = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if index >= SIMILAR:
                found.append((i, j, round(index, 3)))
    return found


def openings(rows: list[Segment]) -> list[tuple[str, int]]:
    """The first words that more than MOST_OF_AN_OPENING rows share."""
    counts = Counter(" ".join(words[:OPENING_WORDS]).lower() for r in rows if len(words := r.text.split()) > OPENING_WORDS)
    return [(text, n) for text, n in counts.most_common() if n > MOST_OF_AN_OPENING]


def label_counts(rows: list[Segment]) -> dict[str, dict[str, int]]:
    """Positives, negatives and unknown of every label."""
    return {name: {"positive": sum(r.labels.get(name) == 1 for r in rows), "negative": sum(r.labels.get(name) == 0 for r in rows),
                   "unknown": sum(name not in r.labels for r in rows)} for name in LABELS}


def lint(rows: list[Segment]) -> dict:
    pairs = near_duplicates(rows)
    across = [(rows[i].text[:80], rows[j].text[:80], index) for i, j, index in pairs if rows[i].split != rows[j].split]
    torn = [(rows[i].text[:80], rows[j].text[:80], index) for i, j, index in pairs
            if rows[i].labels.get("any") != rows[j].labels.get("any")]
    counts = label_counts(rows)
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.group:
            groups[row.source, row.group].add(row.split)
    return {"rows": len(rows), "harmful": sum(r.labels.get("any") == 1 for r in rows),
            "by_split": dict(Counter(r.split for r in rows)), "by_role": dict(Counter(r.role for r in rows)),
            "by_language": dict(Counter(r.lang for r in rows).most_common()), "labels": counts,
            "near_duplicates": len(pairs), "near_duplicates_across_splits": across, "near_duplicates_of_two_verdicts": torn,
            "groups_across_splits": sorted("/".join(g) for g, splits in groups.items() if len(splits) > 1),
            "repeated_openings": openings(rows),
            "thin_labels": sorted(n for n, c in counts.items() if n != "toxicity" and c["positive"] < LEAST_PER_LABEL)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = lint(written())
    bad = {k: report[k] for k in ("near_duplicates_across_splits", "groups_across_splits", "repeated_openings", "thin_labels")}
    if options.json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        for key, value in report.items():
            print(f"{key}: {json.dumps(value, ensure_ascii=False)}")
    sys.exit(1 if any(bad.values()) else 0)


if __name__ == "__main__":
    main()
