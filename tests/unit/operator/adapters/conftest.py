from collections.abc import AsyncIterator

import pytest

from tests.unit.operator.adapters.pods import Pods


@pytest.fixture
async def pods() -> AsyncIterator[Pods]:
    running = Pods()
    yield running
    await running.close()
