"""One strategy of each kind, with the short times of tests/support/world.py."""

from typing import Any, Final

_DEADLINES: Final[dict[str, Any]] = {
    "readyDeadlineSeconds": 100,
    "stepDeadlineSeconds": 60,
    "sourceDownLimitSeconds": 120,
    "observationSeconds": 200,
}
_STEPS: Final[dict[str, Any]] = {"steps": [{"weight": 10, "holdSeconds": 10}, {"weight": 50, "holdSeconds": 10}]}

STRATEGIES: Final[dict[str, dict[str, Any]]] = {
    "canary": {"kind": "canary", "canary": _STEPS, **_DEADLINES},
    "sticky canary": {"kind": "canary", "canary": {**_STEPS, "sticky": {}}, "maxDurationSeconds": 500, **_DEADLINES},
    "mirror, then canary": {
        "kind": "mirror",
        "mirror": {"percent": 50, "holdSeconds": 10},
        "canary": _STEPS,
        **_DEADLINES,
    },
    "mirror, then all": {"kind": "mirror", "mirror": {"holdSeconds": 10, "then": "promote"}, **_DEADLINES},
    "mirror that asks": {"kind": "mirror", "mirror": {"holdSeconds": 10, "then": "ask"}, **_DEADLINES},
    "A/B test": {
        "kind": "abTest",
        "abTest": {"weight": 50, "minDurationSeconds": 10, "then": "promote"},
        **_DEADLINES,
    },
    "A/B test that asks": {
        "kind": "abTest",
        "abTest": {"weight": 0, "match": [{"headers": {"x-tester": "yes"}}], "minDurationSeconds": 10},
        **_DEADLINES,
    },
    "blue-green": {"kind": "blueGreen", "blueGreen": {"holdSeconds": 10}, **_DEADLINES},
    "blue-green that asks": {"kind": "blueGreen", "blueGreen": {"holdSeconds": 10, "then": "ask"}, **_DEADLINES},
}
