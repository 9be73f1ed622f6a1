"""`kubectl bert diff`: what two versions are, and how they fared."""

import json

import pytest

from bertrelease_operator.cli.render.diff import diff_picture
from bertrelease_operator.cli.views.diff import diff_view
from tests.unit.operator.cli.builders import FAILED, HEALTHY, LATENCY, manifest, release, revision
from tests.unit.operator.cli.conftest import Plugin
from tests.unit.operator.cli.fake_cluster import FakeCluster
from tests.unit.operator.cli.painting import drawn, painted
from tests.unit.operator.cli.recorded import failed_and_good

GATE = {
    "name": "golden",
    "kind": "window",
    "point": "traffic",
    "verdict": "Fail",
    "message": "火锅 instead of 地上霜",
    "startedAt": "2026-03-01T11:00:00Z",
    "checks": [{"name": "accuracy", "verdict": "Fail", "value": 61.5, "limit": 90, "unit": "%"}],
}


def test_only_what_differs_is_shown_and_evidence_stands_side_by_side() -> None:
    good = revision("v1.0.0", reason="Observed", checks=[{**LATENCY, "value": 40}], fingerprint="sha256:" + "a" * 64)
    bad = revision("v1.1.0", "Rejected", reason="ErrorRateFailed", checks=[LATENCY, FAILED], gates=[GATE])
    assert painted(diff_picture(diff_view(release(HEALTHY), good, bad)), 100) == drawn("""
        --- v1.0.0  Proven  Observed
        +++ v1.1.0  Rejected  ErrorRateFailed  serves

        - fingerprint: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

        Evidence
                       v1.0.0                v1.1.0
          p95-latency   40 ms  ✓ of 100 ms  42.5 ms  ✓ of 100 ms
          error-rate        –                19.8 %  ✗ of 0.5 %

        Gates
                                     v1.0.0    v1.1.0
          golden (traffic)                –            ✗ Fail
          golden (traffic) accuracy       –    61.5 %  ✗ of 90 %
    """)


@pytest.fixture
def cluster() -> FakeCluster:
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.stored_revisions = list(failed_and_good().values())
    return cluster


def test_the_document_has_every_difference_by_its_path(plugin: Plugin, cluster: FakeCluster) -> None:
    outcome = plugin(cluster, "diff", "fill-mask", "v1.1.0", "v1.2.0", "-o", "json")
    assert outcome.code == 0, outcome.err
    document = json.loads(outcome.out)
    found = {item["field"]: (item["first"], item["second"]) for item in document["contents"]}
    assert found == {"model.name": ("bert-v1.1.0", "bert-v1.2.0"), "config.threads": ("", "2")}
    errors = next(check for check in document["checks"] if check["name"] == "error-rate")
    assert (errors["first"]["verdict"], errors["second"]["verdict"]) == ("Pass", "Fail")


def test_a_version_that_is_not_on_record_or_none_is_a_sentence(plugin: Plugin, cluster: FakeCluster) -> None:
    outcome = plugin(cluster, "diff", "fill-mask", "v1.1.0", "v9.0.0")
    assert (outcome.code, "has no record of v9.0.0" in outcome.err) == (1, True)
    assert plugin(cluster, "diff", "fill-mask", "v1.1.0", "newest").code == 2
