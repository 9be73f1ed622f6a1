"""One real API server, with our CRDs and Istio's, for all integration tests; a namespace for each of them."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devcluster import Cluster
from devcluster.errors import CommandError
from tests.integration.fakes import FakeKubelet, FakePrometheus
from tests.integration.operator_process import OperatorProcess, eventually, running_operator
from tests.integration.releases import Releases

CRDS = Path(__file__).parents[2] / "crds"

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)
            # The first test's fixtures may have to build the API server, which takes its time.
            item.add_marker(pytest.mark.timeout(120, func_only=True))


@contextmanager
def control_plane(name: str) -> Iterator[Cluster]:
    """etcd, kube-apiserver and controller-manager; no nodes, so no pod ever runs."""
    cluster = Cluster(name)
    try:
        cluster.up(profile="control-plane")
        cluster.kubectl("apply", "--server-side", f"--filename={CRDS}")
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", f"--filename={CRDS}")
        eventually(lambda: _serves_our_kinds(cluster), "the API server has made room for the custom resources")
        yield cluster
    finally:
        cluster.down()


def _serves_our_kinds(cluster: Cluster) -> bool:
    """Established is said a moment before: until then it answers 429, "storage is (re)initializing"."""
    try:
        cluster.kubectl("get", "bertreleases,bertrevisions", "--all-namespaces")
    except CommandError:
        return False
    return True


@pytest.fixture(scope="session")
def api_server() -> Iterator[Cluster]:
    with control_plane(f"t-i{os.getpid()}") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def other_api_server() -> Iterator[Cluster]:
    """Of another cluster, for releases that follow one there."""
    with control_plane(f"t-j{os.getpid()}") as cluster:
        yield cluster


@pytest.fixture
def namespace(api_server: Cluster) -> Iterator[str]:
    """The name of a namespace that is the test's own, removed in the background afterwards."""
    name = f"test-{next(_numbers)}"
    api_server.kubectl("create", "namespace", name)
    yield name
    api_server.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def releases(api_server: Cluster, namespace: str) -> Iterator[Releases]:
    with FakePrometheus().running() as prometheus, FakeKubelet(api_server, namespace).running():
        yield Releases(api_server, namespace, prometheus)


@pytest.fixture
def operator(api_server: Cluster, namespace: str, tmp_path: Path) -> Iterator[OperatorProcess]:
    with running_operator(api_server, namespace, tmp_path) as process:
        yield process
