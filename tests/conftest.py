"""What holds for all tests."""

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# How long an example takes says something of the machine and its other tenants, not of the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

CLUSTER_FOLDERS: Final = ("tests/e2e/", "tests/devcluster/")


class ClustersApart(LoadScopeScheduling):  # type: ignore[misc]  # mypy does not look into xdist
    """All tests that start whole clusters on one worker, so that there are never two of the same; others by file."""

    def _split_scope(self, nodeid: str) -> str:
        return "clusters" if nodeid.startswith(CLUSTER_FOLDERS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ClustersApart:
    config.option.loadscopereorder = False  # in the order of collection, see below
    return ClustersApart(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    """With several workers, the longest part begins first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(CLUSTER_FOLDERS))
