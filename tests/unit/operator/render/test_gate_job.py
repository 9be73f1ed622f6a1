"""The Job of a gate."""

from typing import Any

import pytest

from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.names import LABEL_RELEASE, LABEL_VERSION
from bertrelease_operator.core.gates.contract import GateRun
from bertrelease_operator.render.gate_job import render_gate_job
from bertrelease_operator.render.metadata import KubeObject, Owner
from tests.unit.operator.render.pod_security import violations

RUN = GateRun("checks", GateKind.JOB, "v1.1.0", "v1.0.0", 2, "step-2")
URLS = {"v1.1.0": "http://new", "v1.0.0": "http://old"}
OWNER = Owner("BertRevision", "bert-v1-1-0", "shop", "uid-1")


def job(run: GateRun = RUN, owner: Owner = OWNER, **template: Any) -> KubeObject:
    fields = {"image": "localhost/checks:v1", "command": ["check"], **template}
    gate = Gate.model_validate({"name": run.gate, "kind": "job", "job": {"template": fields}, "deadlineSeconds": 90})
    return render_gate_job(owner, "bert", run, gate, URLS)


def container(rendered: KubeObject) -> dict[str, Any]:
    (found,) = rendered["spec"]["template"]["spec"]["containers"]
    return found  # type: ignore[no-any-return]


def test_it_may_as_little_as_the_servers() -> None:
    assert [*violations(job()["spec"]["template"]["spec"])] == []
    assert job()["spec"]["template"]["spec"]["automountServiceAccountToken"] is False


def test_it_is_told_what_to_judge() -> None:
    variables = {item["name"]: item["value"] for item in container(job(env={"LANG": "zh_CN.UTF-8"}))["env"]}
    assert variables == {
        "BERTRELEASE_ATTEMPT": "2",
        "BERTRELEASE_GATE": "checks",
        "BERTRELEASE_NAMESPACE": "shop",
        "BERTRELEASE_POINT": "step-2",
        "BERTRELEASE_RELEASE": "bert",
        "BERTRELEASE_STABLE_URL": "http://old",
        "BERTRELEASE_STABLE_VERSION": "v1.0.0",
        "BERTRELEASE_URL": "http://new",
        "BERTRELEASE_VERSION": "v1.1.0",
        "LANG": "zh_CN.UTF-8",
    }


def test_for_the_first_version_there_is_no_stable_one() -> None:
    first = GateRun("checks", GateKind.JOB, "v1.1.0", None, 1, "traffic")
    assert not [item for item in container(job(first))["env"] if "STABLE" in item["name"]]


def test_no_service_of_the_version_takes_its_pod_for_a_server() -> None:
    labels = job(labels={"sidecar.istio.io/inject": "false"})["spec"]["template"]["metadata"]["labels"]
    assert not {LABEL_RELEASE, LABEL_VERSION} & labels.keys()
    assert labels["sidecar.istio.io/inject"] == "false"


def test_it_goes_with_the_version_and_ends_with_the_gate() -> None:
    rendered = job()
    assert rendered["metadata"]["ownerReferences"][0]["uid"] == "uid-1"
    assert rendered["spec"]["activeDeadlineSeconds"] == 90


@pytest.mark.parametrize(
    "other",
    [
        job(GateRun("checks", GateKind.JOB, "v1.1.0", "v1.0.0", 3, "step-2")),
        job(GateRun("checks", GateKind.JOB, "v1.1.0", "v1.0.0", 2, "promotion")),
        job(owner=Owner("BertRevision", "bert-v1-1-0", "shop", "uid-2")),
        job(args=["--strict"]),
    ],
    ids=["attempt", "point", "revision", "edit"],
)
def test_its_name_tells_passages_apart(other: KubeObject) -> None:
    assert other["metadata"]["name"] != job()["metadata"]["name"]


def test_its_name_is_the_same_each_time_and_never_too_long() -> None:
    assert job()["metadata"]["name"] == job()["metadata"]["name"]
    gate = Gate.model_validate({"name": "g" * 40, "kind": "job", "job": {"template": {"image": "a:1"}}})
    run = GateRun("g" * 40, GateKind.JOB, "v1.1.0", None, 1, "traffic")
    assert len(render_gate_job(OWNER, "r" * 31, run, gate, URLS)["metadata"]["name"]) <= 63
