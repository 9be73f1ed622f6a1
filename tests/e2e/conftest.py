"""One whole cluster with the operator installed for all end-to-end tests, and a namespace for each test."""

import itertools
from collections.abc import Iterator

import pytest
from rich.console import Console

from demo.images import build_and_load
from demo.install import install_operator
from demo.stage import Stage
from demo.versions import ALL
from devcluster import Cluster
from devcluster.progress import ConsoleReporter
from tests.e2e.scenes import UNHURRIED

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    console = Console(stderr=True)
    cluster = Cluster("t-e2e", ConsoleReporter(console))
    cluster.down()
    try:
        cluster.up()
        install_operator(cluster, build_and_load(cluster, ALL, console))
        yield cluster
    finally:
        cluster.down()


@pytest.fixture
def stage(cluster: Cluster) -> Iterator[Stage]:
    """A namespace of its own."""
    stage = Stage.set_up(cluster, f"e2e-{next(_numbers)}", health=UNHURRIED)
    yield stage
    stage.remove()
