"""Sections of the model card for what is measured of a finished featureset beside its figures by part: the calibration's make, sources left out,
probabilities, absorption, another seed, quality against cost. A measure that was not run has no section."""

from __future__ import annotations


def table(rows: list[list], head: list[str]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join("" if c is None else str(c) for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def calibration_section(f: list[dict]) -> str:
    rows = [[v["role"], v["source"], v["segments"], v["any"]] for v in f]
    return f"""## What the calibration is made of

A rate holds for this mixture. By role and source, the segments, and which share of them is among the 1 % in which `any` is strongest: a
source far above .01 alarms more often than the rate says, where traffic is like it.

{table(rows, ["role", "source", "segments", "share above 1 %"])}"""


def transfer_section(f: dict) -> str:
    p = f["probabilities"]
    rows = [[name, v["rows"], v["positives"], v["features"], v["dense"], v["tfidf"], "yes" if v["read_by_reader"] else "no"]
            for name, v in f["sources"].items()]
    rows.append(["mean", "", "", f["mean"]["features"], f["mean"]["dense"], f["mean"]["tfidf"], ""])
    return f"""## Each source left out

A probe for harm of any kind fitted on all sources but one and on the written rows, measured on the one left out (AUROC;
`training/transfer.py`): 64 features, the mean and maximum residual (dense), words and characters. The reader had read rows of
the sources marked so, its probes had not.

{table(rows, ["source", "rows", "positives", "64 features", "dense", "TF-IDF", "read by the reader"])}
Probabilities: Platt's scaling of the concept `any` (probability = 1 / (1 + exp(-({p["slope"]} x + {p["intercept"]})))), fitted on {p["validation_rows"]:,}
validation rows of the train split ({100 * p["validation_share_of_harm"]:.0f} % harm), has an expected calibration error of {p["validation"]} there and of
{p["held_out"]} on the {p["held_out_rows"]:,} rows of the held-out sources ({100 * p["held_out_share_of_harm"]:.0f} % harm; by source
{", ".join(f"{k} {v}" for k, v in p["held_out_by_source"].items())}). A probability holds for one share of harm alone, so the product
promises false-alarm rates and no probabilities.
"""


def absorption_section(f: dict) -> str:
    return f"""## Feature absorption

First letters of words (Chanin et al. 2024, arXiv:2409.14507; `training/absorption.py`): a linear probe on the residual names the first letter
of {100 * f["probe_accuracy"]:.1f} % of {f["tokens"]:,} word-initial tokens; {f["mean_main_features"]} main features a letter. Where the probe is right, all main
features are silent on {100 * f["mean"]["silent"]:.1f} % (mean over {len(f["letters"])} letters), and on {100 * f["mean"]["absorbed"]:.1f} % another feature has taken the letter in.
"""


def seeds_section(f: dict) -> str:
    names = {"all": "live features", "in_concepts": "those that concepts use", "most_common_1000": "the 1,000 most common",
             "random_directions": "random directions (chance)"}
    rows = [[names[k], v["features"], v["mean_max_cosine"], v["found_again"]] for k, v in f.items() if k in names]
    o = f["other"]
    return f"""## The dictionary with another seed

Seed {o["seed"]} on the same tokens reaches explained variance {o["explained_variance"]:.3f} at L0 {o["l0"]:.1f}, {100 * o["dead"]:.2f} % dead. Greatest cosine of a
feature's decoder row with one of the other dictionary, and the share at or above .7 (`training/seeds.py`):

{table(rows, ["features", "number", "mean greatest cosine", "found again"])}"""


def costs_section(f: list[dict]) -> str:
    rows = [[v["layers"], v["precision"], v["megabytes"], *(v["auroc"].get(k) for k in ("written", "later", "dev", "transfer", "all")),
             *v["tokens_a_second"].values()] for v in f]
    return f"""## Quality against cost

Mean AUROC over parts of a dense probe for harm of any kind at hook points after fewer layers and in other precisions, and tokens
a second on one core by ONNX Runtime (`training/costs.py`; chart: docs/images/quality-against-cost.svg). `int8 weights`, eight layers, is what ships;
speeds were taken beside other work, the best of 15 runs.

{table(rows, ["layers", "precision", "MB", "written", "later", "dev", "transfer", "all", *f[0]["tokens_a_second"]])}"""


SECTIONS = {"calibration": calibration_section, "transfer": transfer_section, "absorption": absorption_section,
            "seeds": seeds_section, "costs": costs_section}


def measures(figures: dict) -> str:
    """figures: name of a measure -> what its stage wrote."""
    earlier = figures.get("measured_on", {})
    return "\n".join(section(figures[name]) + note(earlier.get(name)) for name, section in SECTIONS.items() if figures.get(name))


def note(featureset: str | None) -> str:
    return f"\nMeasured on featureset {featureset} and not again on this one.\n" if featureset else ""
