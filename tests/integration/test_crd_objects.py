"""What the API server makes of our objects: defaults, statuses, immutable records, and how kubectl shows them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bertrelease_operator.api import names
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import (
    BertReleaseStatus,
    BertRevisionStatus,
    CheckStatus,
    Condition,
    ConditionStatus,
    Phase,
    RevisionVerdict,
    RolloutStage,
    RolloutStatus,
    Verdict,
    Weights,
)
from devcluster import Cluster, CommandError
from tests.unit.operator.api.cases import ACCEPTED, MINIMAL, Accepted, Spec, changed
from tests.unit.operator.api.network_cases import ACCEPTED_NETWORK

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "releases").glob("*.yaml"))
NOW = "2026-01-02T03:04:05.678901Z"


def _apply(cluster: Cluster, kind: str, namespace: str, name: str, spec: Spec) -> dict[str, Any]:
    manifest = {
        "apiVersion": names.GROUP_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    stored = cluster.kubectl("apply", "--filename=-", "--output=json", stdin=yaml.safe_dump(manifest))
    return json.loads(stored)  # type: ignore[no-any-return]


def _release(cluster: Cluster, namespace: str, spec: Spec) -> dict[str, Any]:
    return _apply(cluster, names.RELEASE_KIND, namespace, "fill-mask", spec)


def _revision(cluster: Cluster, namespace: str) -> BertRevisionSpec:
    record = BertRevisionSpec.of("fill-mask", BertReleaseSpec.model_validate(MINIMAL))
    _apply(
        cluster,
        names.REVISION_KIND,
        namespace,
        "fill-mask-v1-0-0",
        record.model_dump(mode="json", exclude_none=True),
    )
    return record


def _patch_status(cluster: Cluster, namespace: str, what: str, status: BertReleaseStatus | BertRevisionStatus) -> None:
    patch = {"status": status.model_dump(mode="json", exclude_none=True)}
    cluster.kubectl(
        f"--namespace={namespace}",
        "patch",
        what,
        "--subresource=status",
        "--type=merge",
        f"--patch={json.dumps(patch)}",
    )


def _get(cluster: Cluster, namespace: str, *arguments: str) -> list[str]:
    table = cluster.kubectl(f"--namespace={namespace}", "get", *arguments)
    return [" ".join(line.split()) for line in table.splitlines()]


# Specs


def test_the_api_server_states_every_default(api_server: Cluster, namespace: str) -> None:
    stored = _release(api_server, namespace, MINIMAL)["spec"]
    assert stored == BertReleaseSpec.model_validate(MINIMAL).model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize("case", [*ACCEPTED, *ACCEPTED_NETWORK], ids=lambda case: case.what)
def test_the_models_read_what_is_stored_as_what_was_written(
    api_server: Cluster, namespace: str, case: Accepted
) -> None:
    stored = _release(api_server, namespace, case.spec)["spec"]
    assert BertReleaseSpec.model_validate(stored) == BertReleaseSpec.model_validate(_without_nulls(case.spec))


def _without_nulls(spec: Spec) -> Spec:
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in spec.items()
        if value is not None
    }


def test_null_means_the_default_also_on_update(api_server: Cluster, namespace: str) -> None:
    off = changed(MINIMAL, {"health": {"memory": {"enabled": False}}})
    assert _release(api_server, namespace, off)["spec"]["health"]["memory"]["enabled"] is False

    null = changed(MINIMAL, {"health": {"memory": None}})
    assert _release(api_server, namespace, null)["spec"]["health"]["memory"] == {"enabled": True, "max": 95}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid_as_it_stands(api_server: Cluster, namespace: str, example: Path) -> None:
    api_server.kubectl(f"--namespace={namespace}", "apply", f"--filename={example}")
    assert len(_get(api_server, namespace, "brel", "--no-headers")) == 1


# Statuses


def test_a_full_status_is_stored_as_it_was_written(api_server: Cluster, namespace: str) -> None:
    _release(api_server, namespace, MINIMAL)
    status = BertReleaseStatus(
        observed_generation=1,
        phase=Phase.ANALYZING,
        message="v1.1.0 gets 10 % of the traffic",
        version="v1.1.0",
        stable="v1.0.0",
        weights=Weights(desired={"v1.0.0": 90}, applied={"v1.0.0": 90}, observed={"v1.0.0": 91}),
        checks=[CheckStatus(name="error-rate", verdict=Verdict.PASS, value=0.1, limit=0.5, unit="%", sample=1000)],
        rollout=RolloutStatus(
            version="v1.1.0", attempt=1, stage=RolloutStage.STEPPING, started_at=NOW, stage_entered_at=NOW
        ),
        conditions=[Condition(type="Ready", status=ConditionStatus.TRUE, reason="Serving", last_transition_time=NOW)],
    )
    _patch_status(api_server, namespace, "brel/fill-mask", status)

    stored = json.loads(api_server.kubectl(f"--namespace={namespace}", "get", "brel/fill-mask", "--output=json"))
    assert BertReleaseStatus.model_validate(stored["status"]) == status
    assert stored["metadata"]["generation"] == 1


def test_a_status_cannot_be_written_along_with_the_spec(api_server: Cluster, namespace: str) -> None:
    _release(api_server, namespace, MINIMAL)
    patch = '{"status": {"stable": "v9.9.9"}, "spec": {"replicas": 3}}'
    api_server.kubectl(f"--namespace={namespace}", "patch", "brel/fill-mask", "--type=merge", f"--patch={patch}")

    stored = json.loads(api_server.kubectl(f"--namespace={namespace}", "get", "brel/fill-mask", "--output=json"))
    assert stored["spec"]["replicas"] == 3
    assert "status" not in stored


# Revisions


def test_a_revision_is_stored_as_it_was_recorded(api_server: Cluster, namespace: str) -> None:
    record = _revision(api_server, namespace)
    stored = json.loads(api_server.kubectl(f"--namespace={namespace}", "get", "brev", "--output=json"))
    assert BertRevisionSpec.model_validate(stored["items"][0]["spec"]) == record


def test_a_revision_never_changes(api_server: Cluster, namespace: str) -> None:
    _revision(api_server, namespace)
    with pytest.raises(CommandError) as refused:
        api_server.kubectl(
            f"--namespace={namespace}",
            "patch",
            "brev/fill-mask-v1-0-0",
            "--type=merge",
            '--patch={"spec": {"model": {"name": "other"}}}',
        )
    assert refused.value.output.strip() == (
        'The BertRevision "fill-mask-v1-0-0" is invalid: spec: Forbidden: a revision records what a version was and '
        "never changes: deploy a new version in its BertRelease"
    )


# kubectl get


def test_one_look_at_a_release_says_what_serves_and_why(api_server: Cluster, namespace: str) -> None:
    _release(api_server, namespace, changed(MINIMAL, {"version": "v1.1.0"}))
    status = BertReleaseStatus(
        phase=Phase.ROLLED_BACK,
        stable="v1.0.0",
        weights=Weights(applied={"v1.0.0": 100}),
        message="v1.1.0 was taken back: 4.2 % errors",
    )
    _patch_status(api_server, namespace, "brel/fill-mask", status)

    header, row = _get(api_server, namespace, "brel")
    assert header == "NAME VERSION STABLE PHASE WEIGHTS AGE MESSAGE"
    before, after = row.split(" RolledBack ")
    assert before == "fill-mask v1.1.0 v1.0.0"
    assert after.startswith('{"v1.0.0":100} ')
    assert after.endswith("s v1.1.0 was taken back: 4.2 % errors")


def test_the_revisions_are_the_version_history(api_server: Cluster, namespace: str) -> None:
    _revision(api_server, namespace)
    status = BertRevisionStatus(verdict=RevisionVerdict.REJECTED, reason="ErrorRate", message="4.2 % errors")
    _patch_status(api_server, namespace, "brev/fill-mask-v1-0-0", status)

    header, row = _get(api_server, namespace, "brev")
    assert header == "NAME RELEASE VERSION VERDICT REASON AGE"
    assert row.startswith("fill-mask-v1-0-0 fill-mask v1.0.0 Rejected ErrorRate ")


def test_releases_and_revisions_are_found_by_category_and_field(api_server: Cluster, namespace: str) -> None:
    _release(api_server, namespace, MINIMAL)
    _revision(api_server, namespace)
    found = _get(api_server, namespace, "bert", "--output=name")
    assert found == [
        "bertrelease.bertrelease.io/fill-mask",
        "bertrevision.bertrelease.io/fill-mask-v1-0-0",
    ]
    by_field = ("brev", "--output=name", "--field-selector")
    assert _get(api_server, namespace, *by_field, "spec.release=fill-mask") == found[1:]
    assert _get(api_server, namespace, *by_field, "spec.release=another") == []
