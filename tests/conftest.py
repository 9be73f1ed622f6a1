"""How the tests share two workers: those that use one cluster stay together, and what takes longest begins first."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Of the others every test may run anywhere.
TOGETHER = ("e2e", "integration", "devcluster", "server", "web")


@pytest.hookimpl(tryfirst=True)  # before the distribution looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _part(item) in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(_part(item)))
    items.sort(key=_turn)


def _part(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


def _turn(item: pytest.Item) -> int:
    part = _part(item)
    return TOGETHER.index(part) if part in TOGETHER else len(TOGETHER)
