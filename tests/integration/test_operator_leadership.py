"""Two operators and one lease: only the leader writes, and whatever ends it hands over."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devcluster import Cluster
from tests.integration.operator_process import OperatorProcess, eventually, running_operator

LEASE = "bertrelease-operator"


class Namespace:
    """One namespace and the lease in it."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster = cluster
        self.name = name

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self._cluster.kubectl("--namespace", self.name, *arguments, stdin=stdin)

    def holder(self) -> str:
        lease = json.loads(self.kubectl("get", "lease", LEASE, "--output=json"))
        return str(lease["spec"]["holderIdentity"])

    def create_release(self, name: str) -> None:
        spec: dict[str, Any] = {
            "version": "v1.0.0",
            "image": {"repository": "localhost/bert"},
            "model": {"name": "bert"},
        }
        metadata = {"name": name, "namespace": self.name}
        obj = {"apiVersion": "bertrelease.io/v1alpha1", "kind": "BertRelease", "metadata": metadata, "spec": spec}
        self.kubectl("create", "--filename=-", stdin=json.dumps(obj))

    def has_children(self, name: str) -> bool:
        return bool(self.kubectl("get", "deployment", f"{name}-v1-0-0", "--ignore-not-found", "--output=name"))


@pytest.fixture
def place(api_server: Cluster, namespace: str) -> Namespace:
    return Namespace(api_server, namespace)


@pytest.fixture
def leader(api_server: Cluster, place: Namespace, tmp_path: Path) -> Iterator[OperatorProcess]:
    with running_operator(api_server, place.name, tmp_path, "one") as operator:
        eventually(lambda: operator.metric("bertrelease_leader") == 1, "the first one leads")
        yield operator


@pytest.fixture
def standby(
    api_server: Cluster, place: Namespace, tmp_path: Path, leader: OperatorProcess
) -> Iterator[OperatorProcess]:
    with running_operator(api_server, place.name, tmp_path, "two") as operator:
        yield operator


def writes(operator: OperatorProcess) -> float:
    """Of objects of releases, so not of its lease."""
    return operator.metric("bertrelease_writes_total")


def test_only_the_leader_writes(place: Namespace, leader: OperatorProcess, standby: OperatorProcess) -> None:
    place.create_release("one")
    eventually(lambda: place.has_children("one"), "the release has children")
    assert place.holder() == "one"
    assert standby.metric("bertrelease_leader") == 0
    assert writes(standby) == 0
    assert standby.get("/readyz") == 200


def test_a_leader_that_is_asked_to_stop_hands_over_at_once(
    place: Namespace, leader: OperatorProcess, standby: OperatorProcess
) -> None:
    assert leader.terminate() == 0
    # Well before the lease would have run out.
    eventually(lambda: place.holder() == "two", "the standby leads", 8)
    place.create_release("late")
    eventually(lambda: place.has_children("late"), "the new leader works")


def test_a_leader_that_is_killed_is_followed_when_its_lease_has_run_out(
    place: Namespace, leader: OperatorProcess, standby: OperatorProcess
) -> None:
    leader.kill()
    place.create_release("late")
    eventually(lambda: place.holder() == "two", "the standby leads", 40)
    eventually(lambda: place.has_children("late"), "the new leader works")


def test_a_leader_that_stood_still_does_not_write_when_it_wakes_up(
    place: Namespace, leader: OperatorProcess, standby: OperatorProcess
) -> None:
    leader.stop_scheduling()
    eventually(lambda: place.holder() == "two", "the standby leads", 40)
    before = writes(standby)
    leader.resume()
    eventually(lambda: leader.metric("bertrelease_leader") == 0, "the first one has stepped down")
    written_by_sleeper = writes(leader)

    place.create_release("late")
    eventually(lambda: place.has_children("late"), "the new leader works")
    assert writes(leader) == written_by_sleeper == 0
    assert writes(standby) > before


def test_a_restarted_operator_writes_nothing_for_what_is_right_already(
    api_server: Cluster, place: Namespace, leader: OperatorProcess, tmp_path: Path
) -> None:
    place.create_release("one")
    eventually(lambda: leader.metric("bertrelease_writes_total", kind="BertRelease") > 0, "the release is known")
    eventually(lambda: leader.metric("bertrelease_queue_depth") == 0, "nothing is left to do")
    leader.terminate()
    with running_operator(api_server, place.name, tmp_path, "again") as again:
        eventually(lambda: again.metric("bertrelease_settled_seconds") > 0, "every release was visited")
        assert again.metric("bertrelease_writes_total", reason="child") == 0
        assert again.metric("bertrelease_writes_total", reason="route") == 0
