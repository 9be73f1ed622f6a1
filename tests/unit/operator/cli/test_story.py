"""`kubectl bert explain`: the story of a version, for people and for programs."""

import json
from typing import Any, Final

from bertrelease_operator.cli.render.story import story_picture
from bertrelease_operator.cli.views.story import story_view
from tests.unit.operator.cli.builders import ANALYZING, FAILED, NOW, ROLLED_BACK, ago, manifest, release, revision
from tests.unit.operator.cli.builders import revision_manifest as record
from tests.unit.operator.cli.conftest import Plugin
from tests.unit.operator.cli.fake_cluster import FakeCluster
from tests.unit.operator.cli.painting import drawn, painted

MESSAGE = "v1.1.0 was taken back: 20 of 101 requests failed (19.80 %, limit 0.5 %)."
STORY: Final[list[dict[str, Any]]] = [
    {
        "at": ago(330),
        "reason": "Started",
        "message": "Starting v1.1.0 beside v1.0.0.",
        "attempt": 1,
        "stage": "Starting",
    },
    {
        "at": ago(327),
        "reason": "CanaryStep",
        "message": "v1.1.0 is ready and gets 10 % of the traffic.",
        "attempt": 1,
        "stage": "Stepping",
        "step": 0,
    },
    {
        "at": ago(322),
        "reason": "Analyzing",
        "message": "Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive.",
        "holds": True,
        "attempt": 1,
        "stage": "Stepping",
        "step": 0,
        "weight": 10,
        "verdict": "Inconclusive",
        "checks": [{"name": "traffic", "verdict": "Inconclusive", "value": 8, "limit": 100, "unit": "requests"}],
    },
    {
        "at": ago(300),
        "reason": "ErrorRateFailed",
        "message": MESSAGE,
        "attempt": 1,
        "stage": "Stepping",
        "step": 0,
        "weight": 10,
        "verdict": "Fail",
        "checks": [{**FAILED, "message": ""}],
    },
]
REJECTED: Final[dict[str, Any]] = {
    "reason": "ErrorRateFailed",
    "message": MESSAGE,
    "decidedAt": ago(300),
    "story": STORY,
    "recording": {"attempt": 1, "startedAt": ago(330), "baseline": "v1.0.0", "policy": "{}"},
}


def test_the_story_says_what_happened_when_and_on_which_figures() -> None:
    view = story_view(release(ROLLED_BACK), revision("v1.1.0", "Rejected", **REJECTED))
    assert painted(story_picture(view, NOW)) == drawn("""
        Rejected  v1.1.0  of fill-mask  namespace shop
        ErrorRateFailed 5m ago: v1.1.0 was taken back: 20 of 101 requests failed (19.80
        %, limit 0.5 %).
        localhost/bert:v1.1.0

        Story  began 5m30s ago, compared with v1.0.0
           +0s        Starting v1.1.0 beside v1.0.0.
           +3s        v1.1.0 is ready and gets 10 % of the traffic.
           +8s  10 %    Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive.
                          ? traffic 8 of 100 requests
          +30s  10 %  v1.1.0 was taken back: 20 of 101 requests failed (19.80 %, limit
                      0.5 %).
                          ✗ error-rate 19.8 of 0.5 %

        You can
          kubectl bert retry fill-mask v1.1.0 -n shop  try v1.1.0 once more
    """)


def test_gates_are_told_with_the_cases_that_failed() -> None:
    failure = {"case": "疑是地[MASK]霜", "expected": "上", "got": "火锅", "stableGot": "上"}
    gate = {
        "name": "approval",
        "kind": "approval",
        "point": "traffic",
        "verdict": "Fail",
        "message": "1 of 40 cases failed.",
        "startedAt": ago(320),
        "failures": [failure],
        "totalFailures": 1,
    }
    view = story_view(release(ROLLED_BACK), revision("v1.1.0", "Rejected", **REJECTED, gates=[gate]))
    assert "expected 上, got 火锅, stable version 上" in painted(story_picture(view, NOW))


def test_a_retry_begins_its_own_time() -> None:
    again = [{**STORY[0], "at": ago(100), "attempt": 2}, {**STORY[1], "at": ago(90), "attempt": 2}]
    view = story_view(release(ANALYZING), revision("v1.1.0", "Candidate", attempt=2, story=[*STORY, *again]))
    assert [told.seconds for told in view.story] == [0, 3, 8, 30, 0, 10]


def test_a_version_from_before_there_were_stories_says_so() -> None:
    view = story_view(release(ANALYZING), revision("v1.0.0"))
    assert "Nothing was told of it" in painted(story_picture(view, NOW))


def test_without_a_version_the_last_one_on_its_way_is_explained(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ROLLED_BACK))
    cluster.stored_revisions = [record("v1.0.0"), record("v1.1.0", "Rejected", **REJECTED)]
    outcome = plugin(cluster, "explain", "fill-mask", "-o", "json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert (document["version"], document["verdict"], document["baseline"]) == ("v1.1.0", "Rejected", "v1.0.0")
    assert [told["reason"] for told in document["story"]] == [entry["reason"] for entry in STORY]
    assert document["story"][-1]["step"] == 1
    assert document["story"][-1]["checks"][0]["value"] == 19.8


def test_a_version_without_a_record_is_a_sentence(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ROLLED_BACK))
    cluster.stored_revisions = [record("v1.0.0")]
    outcome = plugin(cluster, "explain", "fill-mask", "v9.0.0")
    assert (outcome.code, outcome.err) == (1, "error: fill-mask has no record of v9.0.0. On record: v1.0.0\n")


def test_a_release_without_any_version_is_a_sentence(plugin: Plugin) -> None:
    outcome = plugin(FakeCluster(manifest({"phase": "Pending"})), "explain", "fill-mask")
    assert (outcome.code, outcome.err) == (1, "error: no version of fill-mask was released yet: Pending\n")
