"""`kubectl bert replay`: other limits on what was recorded, from the cluster or from a file."""

import json
from pathlib import Path

import pytest
import yaml

from bertrelease_operator.cli.errors import ConnectionLostError
from tests.unit.operator.cli.builders import HEALTHY, manifest
from tests.unit.operator.cli.conftest import Outcome, Plugin
from tests.unit.operator.cli.fake_cluster import FakeCluster
from tests.unit.operator.cli.recorded import failed_and_good

WIDER = "health:\n  errorRate: {max: 60, maxExtraPercent: 100}\n"
NARROWER = "strategy:\n  canary: {steps: [{weight: 10, holdSeconds: 10}]}\nhealth:\n  p95LatencyMs: {max: 20}\n"


@pytest.fixture
def cluster() -> FakeCluster:
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.stored_revisions = list(failed_and_good().values())
    return cluster


def written(directory: Path, text: str) -> str:
    path = directory / "new.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_wider_limits_on_a_rejected_version(plugin: Plugin, cluster: FakeCluster, tmp_path: Path) -> None:
    outcome = plugin(cluster, "replay", "fill-mask", "v1.2.0", "--policy", written(tmp_path, WIDER))
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0] == "v1.2.0  of fill-mask, with new.yaml"
    assert lines[1].split()[:3] == ["recorded", "Rejected", "ErrorRateFailed"]
    assert lines[2].split()[:3] == ["replayed", "Candidate", "RecordEnds"]
    assert "The record ends here; nothing is known of what came after." in " ".join(outcome.out.split())
    assert "Story  as it would have been" in outcome.out
    assert "60 %" in outcome.out, "the limit that was tried"


def test_all_versions_at_once_are_a_table(plugin: Plugin, cluster: FakeCluster, tmp_path: Path) -> None:
    outcome = plugin(cluster, "replay", "fill-mask", "--policy", written(tmp_path, NARROWER))
    assert outcome.code == 0, outcome.err
    rows = [line.split() for line in outcome.out.splitlines()]
    assert ["VERSION", "RECORDED", "REASON", "AFTER", "REPLAYED", "REASON", "AFTER"] in rows
    changed = {row[1]: (row[2], row[5], row[6]) for row in rows if row and row[0] == "≠"}
    assert changed["v1.1.0"] == ("Proven", "Rejected", "P95LatencyFailed")
    assert "The latency has no bucket that ends at 20 ms: 10 ms is judged instead." in outcome.out
    assert "Requests are those that came at 10 %, at 50 %" in outcome.out


def test_without_a_policy_what_happened_happens_again(plugin: Plugin, cluster: FakeCluster) -> None:
    outcome = plugin(cluster, "replay", "fill-mask", "-o", "json")
    found = {item["version"]: item for item in json.loads(outcome.out)["items"]}
    assert all(item["same"] and item["ended"] == "ByPolicy" for item in found.values())
    assert found["v1.2.0"]["replayed"]["reason"] == "ErrorRateFailed"
    assert found["v1.2.0"]["replayed"]["message"] == found["v1.2.0"]["recorded"]["message"]
    assert found["v1.0.0"]["replayed"]["verdict"] == "Proven"


@pytest.mark.parametrize("in_force", [True, False])
def test_that_drift_is_left_out_is_said_whichever_policy_asks_for_it(
    plugin: Plugin, cluster: FakeCluster, tmp_path: Path, in_force: bool
) -> None:
    tried = ["--policy", written(tmp_path, "health: {predictionDrift: {}}")]
    if in_force:
        drifting = json.loads(json.dumps(failed_and_good()["v1.1.0"]))
        recording = drifting["status"]["recording"]
        recording["policy"] = json.dumps({**json.loads(recording["policy"]), "health": {"predictionDrift": {}}})
        cluster.stored_revisions, tried = [drifting], []
    outcome = plugin(cluster, "replay", "fill-mask", "v1.1.0", *tried, "-o", "json")
    document = json.loads(outcome.out)
    assert document["same"]
    assert document["remarks"] == ["What the versions answered is not on record: predictionDrift is left out."]


def test_a_saved_list_needs_no_cluster(plugin: Plugin, cluster: FakeCluster, tmp_path: Path) -> None:
    saved = tmp_path / "revisions.yaml"
    items = {"apiVersion": "v1", "kind": "List", "items": list(failed_and_good().values())}
    saved.write_text(yaml.safe_dump(items, allow_unicode=True), encoding="utf-8")
    cluster.refusals = dict.fromkeys(("release", "revisions"), ConnectionLostError("no cluster"))
    outcome = plugin(cluster, "replay", "fill-mask", "v1.2.0", "--from-file", str(saved), "-o", "yaml")
    assert outcome.code == 0, outcome.err
    assert yaml.safe_load(outcome.out)["recorded"]["reason"] == "ErrorRateFailed"


def test_a_whole_release_is_a_policy_with_its_defaults(plugin: Plugin, cluster: FakeCluster, tmp_path: Path) -> None:
    whole = {**manifest(version="v9.0.0", health={"minimumSample": 10}), "status": {}}
    file = written(tmp_path, yaml.safe_dump(whole))
    outcome = plugin(cluster, "replay", "fill-mask", "v1.1.0", "--policy", file, "-o", "json")
    document = json.loads(outcome.out)
    steps = [told["message"] for told in document["story"] if told["reason"] == "CanaryStep"]
    assert any("25 %" in message for message in steps), "the default steps"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("health: {errorRate: {max: 200}}", "new.yaml: health.errorRate.max: Input should be less than 100"),
        ("health: {errors: 1}", "new.yaml: health.errors: Extra inputs are not permitted"),
        ("replicas: 3", "new.yaml has replicas: write a BertRelease, or strategy and health alone"),
        ("- 1", "new.yaml has no policy"),
        ("a: [", "new.yaml is no YAML"),
    ],
)
def test_a_policy_that_cannot_be_is_a_sentence(
    plugin: Plugin, cluster: FakeCluster, tmp_path: Path, text: str, said: str
) -> None:
    outcome = plugin(cluster, "replay", "fill-mask", "--policy", written(tmp_path, text))
    assert (outcome.code, said in outcome.err) == (1, True), outcome.err


def test_what_is_not_on_record_is_a_sentence(plugin: Plugin, cluster: FakeCluster, tmp_path: Path) -> None:
    def replayed(*arguments: str) -> Outcome:
        return plugin(cluster, "replay", "fill-mask", *arguments)

    assert "fill-mask has no recording of v9.0.0" in replayed("v9.0.0").err
    assert "cannot read" in replayed("--from-file", str(tmp_path / "missing.yaml")).err
    assert "has no BertRevision" in replayed("--from-file", written(tmp_path, "kind: List\nitems: []")).err
    assert replayed("latest").code == 2


def test_a_recording_that_was_tampered_with_is_a_sentence(plugin: Plugin, cluster: FakeCluster) -> None:
    broken = json.loads(json.dumps(failed_and_good()["v1.2.0"]))
    broken["status"]["recording"]["looks"][0]["data"] = "AAAA"
    cluster.stored_revisions = [broken]
    outcome = plugin(cluster, "replay", "fill-mask")
    assert outcome.code == 1
    assert outcome.err.startswith("error: the recording of v1.2.0 cannot be read: the looks of 1/starting")
