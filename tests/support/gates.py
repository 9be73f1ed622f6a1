"""Lists of gates, with short deadlines."""

from typing import Any, Final

Gates = list[dict[str, Any]]

APPROVAL: Final[dict[str, Any]] = {"name": "yes", "kind": "approval", "approval": {}, "deadlineSeconds": 300}
NIGHT: Final[dict[str, Any]] = {
    "name": "night",
    "kind": "window",
    "window": {"timeZone": "Asia/Shanghai", "hours": [{"start": "22:00", "end": "04:00"}]},
    "deadlineSeconds": 86_400,
}
JUDGE: Final[dict[str, Any]] = {
    "name": "judge",
    "kind": "webhook",
    "webhook": {"url": "https://judge.example.org"},
    "deadlineSeconds": 100,
}

GOLDEN: Final[dict[str, Any]] = {
    "name": "golden",
    "kind": "goldenSet",
    "goldenSet": {"bundle": True},
    "before": ["traffic", "eachStep"],
    "deadlineSeconds": 300,
}

GATES: Final[dict[str, Gates]] = {
    "none": [],
    "approval": [APPROVAL],
    "golden set": [GOLDEN],
    "a judge": [JUDGE],
    "a judge everywhere": [{**JUDGE, "before": ["traffic", "eachStep", "promotion"]}],
    "approval everywhere": [{**APPROVAL, "before": ["traffic", "eachStep", "promotion"]}],
    "night, then approval before promotion": [NIGHT, {**APPROVAL, "before": ["promotion"]}],
    "golden set, then approval": [GOLDEN, APPROVAL],
}
