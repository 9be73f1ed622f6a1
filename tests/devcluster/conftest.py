"""Clusters for these tests alone; each is taken down, however its test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from devcluster import Cluster

MakeCluster = Callable[[str], Cluster]


@pytest.fixture
def make_cluster() -> Iterator[MakeCluster]:
    made: list[Cluster] = []

    def make(name: str) -> Cluster:
        made.append(Cluster(name))
        return made[-1]

    yield make
    for cluster in made:
        cluster.down()
