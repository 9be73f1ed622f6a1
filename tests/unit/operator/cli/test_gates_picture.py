"""The picture of a release with gates."""

from tests.unit.operator.cli.builders import (
    ANALYZING,
    ROLLED_BACK,
    ago,
    release,
    revision,
    rollout,
)
from tests.unit.operator.cli.painting import drawn
from tests.unit.operator.cli.pictures import picture, section


def test_a_candidate_at_a_gate() -> None:
    gates = [
        {
            "name": "cases",
            "kind": "window",
            "point": "traffic",
            "verdict": "Pass",
            "startedAt": ago(90),
            "finishedAt": ago(80),
            "message": "All good.",
        },
        {
            "name": "owner",
            "kind": "approval",
            "point": "traffic",
            "verdict": "Inconclusive",
            "startedAt": ago(80),
            "message": "Waits for a person.",
        },
    ]
    spec = [{"name": "owner", "kind": "approval", "approval": {}, "deadlineSeconds": 3680}]
    found = release({**ANALYZING, "rollout": rollout(stage="Starting", gates=gates)}, gates=spec)
    shown = picture(found, revision("v1.0.0"))
    assert (
        section(shown, "Candidate")
        == drawn("""
        Candidate v1.1.0
          ▶ start ─ · 10 % ─ · 25 % ─ · 50 % ─ · 100 %
          Starting for 48s, no traffic yet; deadline in 1h, at gate owner, then traffic
          goes back, unproven
    """).rstrip()
    )
    assert (
        section(shown, "Gates")
        == drawn("""
        Gates  of v1.1.0
          ✓  cases  before traffic  Pass
          ?  owner  before traffic  Inconclusive
          ? owner: Waits for a person.
    """).rstrip()
    )
    assert "kubectl bert approve fill-mask v1.1.0 --gate owner -n shop" in section(shown, "You can")


def test_cases_that_a_gate_saw_fail() -> None:
    failure = {"case": "今天[MASK]气", "expected": "天", "got": "生", "stableGot": "天"}
    gate = {
        "name": "cases",
        "kind": "window",
        "point": "traffic",
        "verdict": "Fail",
        "startedAt": ago(90),
        "finishedAt": ago(80),
        "message": "7 of 9 cases failed.",
        "failures": [failure] * 6,
        "totalFailures": 7,
    }
    shown = picture(release(ROLLED_BACK), revision("v1.1.0", "Rejected", gates=[gate]))
    lines = section(shown, "Gates").splitlines()
    assert lines[2] == "  ✗ cases: 7 of 9 cases failed."
    assert lines[3] == "    今天[MASK]气: expected 天, got 生, stable version 天"
    assert lines[-1] == "    and 2 more"
