"""What the benchmarks of releases share: a cluster, traffic, and versions to release."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from rich.console import Console

from demo.images import build_and_load
from demo.install import install_operator
from demo.release import is_stable
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, IMPROVED, REPOSITORY, DemoVersion
from devcluster import Cluster
from devcluster.progress import ConsoleReporter

RATE_PER_SECOND: Final = 200.0
LONGEST_SECONDS: Final = 240.0
SETTLE_SECONDS: Final = 3.0

Found = TypeVar("Found")


def on_cluster(
    measure: Callable[[Stage, argparse.Namespace, Console], Coroutine[Any, Any, Found]],
    versions: tuple[DemoVersion, ...],
    arguments: argparse.Namespace,
    console: Console,
) -> Found:
    """What `measure` finds on a cluster with the operator and the images of `versions`, which is then removed."""
    cluster = Cluster("bench", ConsoleReporter(console))
    try:
        cluster.up()
        install_operator(cluster, build_and_load(cluster, versions, console))
        return asyncio.run(measure(Stage.set_up(cluster, "bench"), arguments, console))
    finally:
        cluster.down()


async def prove_first_version(stage: Stage) -> None:
    """v1.0.0 serves and is proven."""
    await asyncio.to_thread(stage.release, FIRST)
    await stage.client.wait_for(FIRST.version, is_stable(FIRST.version), 90)
    await asyncio.to_thread(stage.until_it_answers, 20)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS):
        await stage.client.wait_for_verdict(FIRST.version, "Proven", 120)


async def release_numbered(stage: Stage, version: str, run: int, **spec: Any) -> None:
    """Releases a healthy version with a number of its own; the images of two take turns in it."""
    image = IMPROVED if run % 2 else FIRST
    tagged = {"repository": REPOSITORY, "tag": image.version, "pullPolicy": "Never"}
    await asyncio.to_thread(stage.release, DemoVersion(version, image.bundle), image=tagged, **spec)
