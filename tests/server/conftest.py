"""Real bundles of the demo models (trained once, then cached) and real server processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bert_server.bundle.manifest import Precision
from bert_server.packaging.order import Order
from bert_server.packaging.package import package
from examples.models.build import bundle
from examples.models.texts import CLOZE_FILE
from examples.models.train import checkpoint
from examples.models.variants import Variant
from tests.server.running import RunningServer

# The first run on a machine trains a model.
TRAINING_TIMEOUT_SECONDS = 900

StartServer = Callable[..., RunningServer]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.timeout(TRAINING_TIMEOUT_SECONDS))


@pytest.fixture(scope="session")
def good_checkpoint() -> Path:
    return checkpoint(Variant.GOOD)


@pytest.fixture(scope="session")
def good_bundle() -> Path:
    """int8, unless int8 answered differently."""
    return bundle(Variant.GOOD)


@pytest.fixture(scope="session")
def fp32_bundle(good_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "fp32"
    package(Order(source=str(good_checkpoint), out=out, texts=CLOZE_FILE, precisions=(Precision.FP32,), name="fp32"))
    return out


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Start servers with settings by name; they end with the test."""
    with ExitStack() as stack:

        def start(bundle_directory: Path, **settings: Any) -> RunningServer:
            return stack.enter_context(RunningServer(bundle_directory, **settings))

        yield start


@pytest.fixture(scope="session")
def server(good_bundle: Path) -> Iterator[RunningServer]:
    """One ready server for all tests that only ask."""
    with RunningServer(good_bundle, version="v1.0.0", release="demo") as running:
        running.wait_until_ready()
        yield running
