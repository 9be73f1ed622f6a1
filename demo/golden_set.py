"""The golden cases of the examples, and the gate that asks them."""

from typing import Any, Final

import yaml

from demo.install import ROOT
from demo.release import Document

GATE: Final[dict[str, Any]] = {
    "name": "golden",
    "kind": "goldenSet",
    "goldenSet": {"configMap": {"name": "chinese-golden-set"}, "bundle": True},
}


def golden_cases(namespace: str) -> Document:
    """The ConfigMap that GATE names."""
    path = ROOT / "examples" / "golden-sets" / "chinese.yaml"
    document: Document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["metadata"]["namespace"] = namespace
    return document
