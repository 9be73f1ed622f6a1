"""The rules of spec.gates: each gate has an explicit kind, and the section of that kind alone."""

from collections.abc import Mapping
from typing import Final

from bertrelease_operator.api.crd.rule import FORBIDDEN, ITEMS, REQUIRED, Path, Rule
from bertrelease_operator.api.gates import DEFAULT_DEADLINE_SECONDS, GateKind


def _one_section(kind: GateKind) -> list[Rule]:
    return [
        Rule(
            f"self.kind != '{kind}' || has(self.{kind})",
            f"kind {kind} needs {kind}, its section",
            field=f".{kind}",
            reason=REQUIRED,
        ),
        Rule(
            f"self.kind == '{kind}' || !has(self.{kind})",
            f"{kind} is for kind {kind}: set kind to that, or leave {kind} out",
            field=f".{kind}",
            reason=FORBIDDEN,
        ),
    ]


_WINDOW = [
    # An unknown zone cannot be computed with, and the API server says so.
    Rule(
        "timestamp('2026-01-01T00:00:00Z').getHours(self.timeZone) >= 0",
        "write a time zone by its IANA name, such as Asia/Shanghai",
        field=".timeZone",
    ),
]

_FREEZE = [
    Rule(
        "timestamp(self.start) < timestamp(self.end)",
        "must be after start, or it freezes nothing",
        field=".end",
    ),
]

_GOLDEN_SET = [
    Rule(
        "has(self.configMap) || self.bundle",
        "there are no cases: write configMap, bundle: true, or both",
        field=".configMap",
        reason=REQUIRED,
    ),
]

_LOAD_TEST = [
    Rule(
        "self.lengths.shortest <= self.lengths.longest",
        "must not be less than shortest",
        field=".lengths.longest",
    ),
]

# A Job that is still at work at the deadline never passes.
_LONG_ENOUGH = Rule(
    "!has(self.loadTest) || self.loadTest.durationSeconds < "
    f"(has(self.deadlineSeconds) ? self.deadlineSeconds : {DEFAULT_DEADLINE_SECONDS[GateKind.LOAD_TEST]})",
    "must be less than the gate's deadlineSeconds, or it can never pass",
    field=".loadTest.durationSeconds",
)

GATES_AND_NETWORK: Final = [
    Rule(
        "!has(self.network.jwt) || !self.gates.exists(gate, gate.kind == 'loadTest')",
        "loadTest brings no token of network.jwt: leave that out here, or put load on it by a gate of kind job",
        field=".gates",
        reason=FORBIDDEN,
    ),
    Rule(
        "!has(self.network.rateLimit) || self.gates.all(gate, !has(gate.loadTest)"
        " || gate.loadTest.ratePerSecond <= double(self.network.rateLimit.requestsPerSecond))",
        "loadTest comes from one client address, which network.rateLimit would refuse: lower ratePerSecond, or leave "
        "rateLimit out here",
        field=".gates",
    ),
]

_WEBHOOK = [
    Rule(
        "!has(self.caBundle) || self.url.startsWith('https://')",
        "caBundle is for https: write such a url, or leave caBundle out",
        field=".caBundle",
        reason=FORBIDDEN,
    ),
]

_JOB_VARIABLES = [
    Rule(
        "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]*$') && !name.startsWith('BERTRELEASE_'))",
        "a variable's name has only letters, digits and underscores, and does not begin with BERTRELEASE_: such "
        "variables tell of the version",
    ),
]

GATE_RULES: Final[Mapping[Path, list[Rule]]] = {
    ("spec", "gates", ITEMS): [*(rule for kind in GateKind for rule in _one_section(kind)), _LONG_ENOUGH],
    ("spec", "gates", ITEMS, "goldenSet"): _GOLDEN_SET,
    ("spec", "gates", ITEMS, "webhook"): _WEBHOOK,
    ("spec", "gates", ITEMS, "job", "template", "env"): _JOB_VARIABLES,
    ("spec", "gates", ITEMS, "loadTest"): _LOAD_TEST,
    ("spec", "gates", ITEMS, "window"): _WINDOW,
    ("spec", "gates", ITEMS, "window", "freezes", ITEMS): _FREEZE,
}
