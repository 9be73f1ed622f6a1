"""`make demo`: a cluster, an operator, good and bad versions, real requests."""

import argparse
import asyncio
import sys
from typing import Final

from rich.console import Console

from demo.chapters import CHAPTERS, chosen, versions_of
from demo.chapters.telling import NotAsToldError
from demo.images import build_and_load
from demo.install import install_operator
from demo.narrator import Narrator
from demo.stage import Stage
from devcluster import Cluster, DevClusterError
from devcluster.progress import ConsoleReporter

NAMESPACE: Final = "demo"
HELP: Final = "help"


def main() -> int:
    """Exit status 0: the story went as told; 1: it did not, and why."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--name", default="demo", help="name of the cluster")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up to play with (make demo KEEP=1)")
    parser.add_argument(
        "--chapter",
        nargs="+",
        default=[],
        choices=[*CHAPTERS, HELP],
        help="only these and what they build on; help: a list of all",
    )
    arguments = parser.parse_args()
    console = Console(highlight=False)
    if HELP in arguments.chapter:
        _list_chapters(console)
        return 0
    chapters = chosen(arguments.chapter)
    cluster = Cluster(arguments.name, ConsoleReporter(console))
    try:
        stage = _set_up(cluster, console, chapters)
        asyncio.run(_tell(stage, Narrator(console), chapters))
    except (DevClusterError, NotAsToldError, TimeoutError, OSError) as error:
        console.print(f"[red]The demo stopped:[/] {error}", soft_wrap=True)
        console.print(f"Look around: python -m devcluster status --name {arguments.name}; then make cluster-down.")
        return 1
    if arguments.keep:
        _how_to_go_on(stage, console)
    else:
        cluster.down()
        console.print("Cleaned up. `make demo KEEP=1` leaves the cluster for you to play with.")
    return 0


def _list_chapters(console: Console) -> None:
    for name, chapter in CHAPTERS.items():
        console.print(f"  {name:<12}{chapter.summary}", markup=False, soft_wrap=True)


def _set_up(cluster: Cluster, console: Console, chapters: list[str]) -> Stage:
    console.rule("[bold]A Kubernetes with Istio[/]", align="left")
    cluster.up()
    install_operator(cluster, build_and_load(cluster, versions_of(chapters), console))
    stage = Stage.set_up(cluster, NAMESPACE)
    console.print("The operator runs; a BertRelease and a namespace are all that is needed now.")
    return stage


async def _tell(stage: Stage, narrator: Narrator, chapters: list[str]) -> None:
    for name in chapters:
        await CHAPTERS[name].tell(stage, narrator)


def _how_to_go_on(stage: Stage, console: Console) -> None:
    name = stage.cluster.name
    console.rule("[bold]Go on by yourself[/]", align="left")
    lines = (
        f'eval "$(python -m devcluster env --name {name})"    # KUBECONFIG, PATH, GATEWAY_URL',
        f"kubectl -n {stage.namespace} get brel,brev",
        f"kubectl bert -n {stage.namespace} status fill-mask --watch",
        f"kubectl -n {stage.namespace} edit brel fill-mask      # change spec.version",
        "curl -H 'Host: fill-mask.example.com' -H 'Content-Type: application/json' \\",
        f'     -d \'{{"text": "春眠不觉[MASK]"}}\' {stage.cluster.gateway_url}/fill-mask',
        f"make cluster-down NAME={name}",
    )
    for line in lines:
        console.print(f"  {line}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
