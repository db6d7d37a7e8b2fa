"""Short rows, as people write them, to the rows of `written/`.

A short row: {"g": group, "y": [labels that hold], "u": [debatable labels], "near": label, "r": role, "l": language,
"s": style, "t": text, "h": 0 or 1}. Labels that are not named are 0; debatable ones are left out, which means unknown.
`harmful` is 1 where a label of harm holds; with self-harm or privacy alone the writer says it with "h", else it is unknown.

    python expand_rows.py --check FILE...               names lines that are wrong
    python expand_rows.py --out written/NAME.jsonl [--ordinary written/OTHER.jsonl] [--toxicity] FILE...

Of contrast rows a tenth of the groups, by digest, are dev. With --ordinary, rows that are no near-miss of anything (no labels, no
`near`, no other verdict in their group) go to a file of their own, and a fifth of them are dev: false alarms on ordinary text need many.
With --toxicity it was looked for in every row, and is 0 where it is not named; else only in its near-misses.
"""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

from data import HARM, LABELS

WRITTEN_LABELS = tuple(name for name in LABELS if name not in {"any", "toxicity"})
ROLES = {"user", "assistant", "tool", "system"}
KEYS = {"g", "y", "u", "near", "r", "l", "s", "t", "h"}


def wrong(row: dict) -> str | None:
    """What is wrong with a short row, or None."""
    if row.keys() - KEYS:
        return f"unknown keys {sorted(row.keys() - KEYS)}"
    for key in ("g", "y", "r", "l", "s", "t"):
        if key not in row:
            return f"no {key!r}"
    unknown = [name for name in [*row["y"], *row.get("u", [])] if name not in LABELS or name == "any"]
    if unknown:
        return f"unknown labels {unknown}"
    if row["r"] not in ROLES:
        return f"role {row['r']!r}"
    return None if str(row["t"]).strip() else "no text"


def expanded(row: dict, dev_one_in: int, toxicity: bool = False) -> dict:
    """The full row; of so many groups, by digest, one is dev. `toxicity`: it was looked for."""
    labels: dict[str, int] = {}
    harm = any(name in HARM for name in row["y"])
    if harm or not row["y"] or set(row["y"]) <= {"refusal"} or "h" in row:
        labels["harmful"] = int(row.get("h", harm))
    for name in WRITTEN_LABELS:
        if name not in row.get("u", []):
            labels[name] = int(name in row["y"])
    is_told = toxicity or "toxicity" in [*row["y"], row.get("near")]
    if is_told and "toxicity" not in row.get("u", []):
        labels["toxicity"] = int("toxicity" in row["y"])
    full = {"text": row["t"], "role": row["r"], "labels": labels, "lang": row["l"], "style": row["s"]}
    if row.get("near"):
        full["near"] = row["near"]
    return full | {"group": row["g"], "split": "dev" if zlib.crc32(row["g"].encode()) % dev_one_in == 0 else "train"}


def read(path: Path) -> tuple[list[dict], list[str]]:
    """Short rows of a file, and a line of complaint for each that is wrong."""
    rows, complaints = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            complaints.append(f"{path}:{number}: {error}: {line[:60]}")
            continue
        found = wrong(row)
        if found:
            complaints.append(f"{path}:{number}: {found}")
        else:
            rows.append(row)
    return rows, complaints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--ordinary", type=Path)
    parser.add_argument("--toxicity", action="store_true")
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    rows: list[dict] = []
    for path in options.files:
        found, complaints = read(path)
        print(*complaints, sep="\n", end="\n" if complaints else "")
        print(f"{path.name}: {len(found)} rows, {sum(bool(r['y']) for r in found)} with labels, "
              f"{sum(len(r['t']) for r in found) // max(1, len(found))} characters on average")
        rows.extend(found)
    if options.out and not options.check:
        contrast = {row["g"] for row in rows if row["y"] or row.get("near")} if options.ordinary else {row["g"] for row in rows}
        write(options.out, [expanded(row, 10, options.toxicity) for row in rows if row["g"] in contrast])
        if options.ordinary:
            write(options.ordinary, [expanded(row, 5, options.toxicity) for row in rows if row["g"] not in contrast])


def write(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


if __name__ == "__main__":
    main()
