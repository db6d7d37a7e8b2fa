"""concepts.json: every concept's name, description, bias, aggregate and features."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from data import LABELS

DESCRIPTIONS = {
    "harmful_request": "asks for help that would harm someone", "harmful_response": "gives help that would harm someone",
    "refusal": "declines to help", "deception": "deception as expressed in the text: plans or ways to make somebody believe what is not so",
    "power_seeking": "keeping or gaining access, resources or influence beyond what was given, as expressed in the text",
    "sycophancy": "agreeing or flattering against what is true", "self_harm": "suicide or self-injury, first person or about someone",
    "violence": "threats, wishes or praise of violence", "weapons": "making, getting or using weapons to harm",
    "illicit": "crimes and illegal trade", "hate": "contempt for people because of a protected attribute",
    "harassment": "attacks on a person", "toxicity": "rude, obscene or insulting language", "sexual": "sexual content",
    "child_safety": "endangering or sexualising minors", "fraud": "scams and deceit for money",
    "cyber": "attacks on computers and networks", "privacy": "exposing or hunting personal data",
    "misinformation": "false claims made to be spread", "jailbreak": "attempts to talk an assistant out of its rules",
    "prompt_injection": "instructions planted in content that an assistant will read",
    "system_prompt_extraction": "attempts to get at hidden instructions", "any": "harm of any kind",
}


def write_concepts(build: Path, weight: Tensor, bias: Tensor, best: dict[str, tuple]) -> None:
    """Weights [features, labels], of which those that are not 0 are written, the strongest first; label -> (kind, window, figures)."""
    concepts = []
    for index, name in enumerate(LABELS):
        used = torch.nonzero(weight[:, index]).flatten().tolist()
        used.sort(key=lambda j: -abs(weight[j, index].item()))
        concepts.append({"name": name, "description": DESCRIPTIONS[name], "bias": float(bias[index]),
                         "aggregate": {"kind": best[name][0], "window": best[name][1]},
                         "features": [{"index": j, "weight": round(float(weight[j, index]), 6)} for j in used]})
    (build / "concepts.json").write_text(json.dumps(concepts, indent=1))
