"""Labelled rows and ordinary text as segments: one text, one role, known labels; unknown labels are left out.

Sources, licences and known traps are in the data folder's README. A row's split is kept; a group never straddles
splits. Nothing of the data is copied into the project.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import json
import lzma
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA = Path(os.environ.get("TELLTALE_DATA_ROOT", Path(__file__).resolve().parents[2] / "shared" / "data"))

LABELS = ("harmful_request", "harmful_response", "refusal", "deception", "power_seeking", "sycophancy", "self_harm",
          "violence", "weapons", "illicit", "hate", "harassment", "toxicity", "sexual", "child_safety", "fraud",
          "cyber", "privacy", "misinformation", "jailbreak", "prompt_injection", "system_prompt_extraction", "any")

# Labels that make a row harmful as a whole. Profanity alone, personal data, distress found by words do not.
HARM = ("harmful_request", "harmful_response", "deception", "power_seeking", "sycophancy", "violence", "weapons",
        "illicit", "hate", "harassment", "sexual", "child_safety", "fraud", "cyber", "misinformation", "jailbreak",
        "prompt_injection", "system_prompt_extraction")

# Sources whose rows without a positive label are harmless as a whole.
CLEAN_NEGATIVES = {"benign_queries", "or_bench", "role_play", "coconot", "counselling", "paradetox", "hatemoji_build",
                   "identity_madlibs", "diasafety", "safetext", "injection", "prompt_injections", "antifraud_zh",
                   "policy_questions", "star1", "image_prompts", "korean_toxic", "cold_zh", "german_offensive",
                   "vihos_vi", "safesense_vi", "toxigen_prompts", "xsafety", "gptfuzz_responses", "red_instruct",
                   "edos_sexism", "misogyny_reddit"}

# Never trained on: whole sources, so that a figure on them is transfer.
HELD_OUT_SOURCES = {"policy_questions", "toxigen_prompts", "star1", "safetext", "trustllm_jailbreak"}

# Noisy or narrow (the data folder's README says why): a smaller share of each pass.
LOW_WEIGHT = {"mlma_hate", "uli_gendered", "tupy_pt", "told_br_pt", "bad_words", "paradetox", "civil_toxic",
              "cysecbench", "korean_toxic", "kosbi_ko", "diasafety", "identity_madlibs", "bengali_hate"}

# Large sets that a reader was still wrong about after many passes (AUROC on their dev rows .64 to .72), and their neighbours: so many times
# the share of others.
LARGE_SHARE = {"edos_sexism": 4, "hatemoji_build": 4, "german_offensive": 3, "misogyny_reddit": 3, "forum_hate": 2, "swsr_zh": 2,
               "safesense_vi": 2, "hate_offensive_tweets": 2, "prompt_injections": 2, "toxic_prompts": 2}
NO_TRAINING = {"vulnerable_code", "true_false_answers"}

# The multilingual written parts put only negatives into dev; here whole languages are held out of those parts instead.
LANGUAGE_PARTS = {"many_languages", "more_languages"}
HELD_OUT_LANGUAGES = {"it", "ko", "id", "tr", "fa", "tl"}

# Written after an earlier reader was trained: their rows, of the split `later`, measure and none was ever trained on.
LATER_PARTS = {"later_contrast", "later_attacks", "later_manners", "later_long", "later_fresh", "later_voices"}

ROLE_OF = {"document": "tool", "developer": "system", "function": "tool"}


@dataclass
class Segment:
    """text with its role; labels: name -> 0 or 1; source: the file's name; split: train or dev."""

    text: str
    role: str
    labels: dict[str, int]
    source: str
    split: str
    group: str = ""
    lang: str = "en"
    topic: str = ""


def _text_of(row: dict) -> tuple[str, str]:
    role = ROLE_OF.get(row.get("role") or "user", row.get("role") or "user")
    if "text" in row:
        return row["text"], role
    texts = [m["content"] for m in row["messages"] if ROLE_OF.get(m["role"], m["role"]) == role]
    return "\n\n".join(texts or [row["messages"][-1]["content"]]), role


def _labels_of(row: dict, source: str) -> dict[str, int]:
    given = row["labels"]
    labels = {name: int(value) for name, value in given.items() if name in LABELS}
    if "harmful" in given:
        labels["any"] = int(given["harmful"])
    elif any(labels.get(name) == 1 for name in HARM):
        labels["any"] = 1
    elif source in CLEAN_NEGATIVES and all(value == 0 for name, value in labels.items() if name != "refusal"):
        labels["any"] = 0
    if source == "pii":
        labels.pop("any", None)
    return labels


def _segments(path: str, lines: Iterator[str]) -> Iterator[Segment]:
    source = Path(path).name.split(".")[0]
    for line in lines:
        row = json.loads(line)
        text, role = _text_of(row)
        labels = _labels_of(row, source)
        if text.strip() and labels:
            yield Segment(text, role, labels, source, row.get("split", "train"), str(row.get("group", "")),
                          row.get("lang", "en"), row.get("topic", ""))


def same_text(text: str) -> str:
    """What two texts share that differ in case, spaces and punctuation alone; the text itself where nothing else is in it."""
    return re.sub(r"\W+", "", text.lower()) or text


def labelled(sources: set[str] | None = None) -> list[Segment]:
    """All rows of the public labelled sets, or of the named ones; rows that measure and equal a trained row are left out."""
    rows: list[Segment] = []
    for path in sorted(glob.glob(str(DATA / "labelled" / "*.jsonl.gz"))):
        if sources is None or Path(path).name.split(".")[0] in sources:
            with gzip.open(path, "rt") as lines:
                rows.extend(_segments(path, lines))
    trained = {same_text(s.text) for s in rows if s.split == "train" and s.source not in HELD_OUT_SOURCES | NO_TRAINING}
    return [s for s in rows if s.split == "train" and s.source not in HELD_OUT_SOURCES or same_text(s.text) not in trained]


def written() -> list[Segment]:
    """The project's own contrast rows; the source is the file's name."""
    folder = Path(__file__).parent / "written"
    if not any(folder.glob("*.jsonl")):
        folder = DATA / "written"
    rows: list[Segment] = []
    for path in sorted(glob.glob(str(folder / "*.jsonl"))):
        with open(path) as lines:
            rows.extend(_segments(path, lines))
    for segment in rows:
        if segment.source in LANGUAGE_PARTS:
            segment.split = "dev" if segment.lang in HELD_OUT_LANGUAGES else "train"
    return rows


def in_calibration_half(text: str) -> bool:
    """A fixed half of the ordinary corpus, by digest, that is never trained on and thresholds are calibrated on."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[0] < 128


def corpus(names: set[str] | None = None) -> Iterator[tuple[str, str, str]]:
    """(text, role, source) of every message or text in the corpus, in a fixed order."""
    for path in sorted(glob.glob(str(DATA / "corpus" / "*.jsonl.xz"))):
        source = Path(path).name.split(".")[0]
        if names is not None and source not in names:
            continue
        with lzma.open(path, "rt") as lines:
            for line in lines:
                row = json.loads(line)
                if "text" in row:
                    yield row["text"], "tool", source
                else:
                    for message in row["messages"]:
                        role = ROLE_OF.get(message["role"], message["role"])
                        yield message["content"], role, source
