"""The command line: `python -m devcluster COMMAND`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from devcluster.cluster import Cluster
from devcluster.components import Profile
from devcluster.errors import DevClusterError
from devcluster.paths import ClusterPaths
from devcluster.progress import ConsoleReporter
from devcluster.settings import other_clusters
from devcluster.status import ClusterStatus

app = typer.Typer(
    help="A real one-node Kubernetes with Istio and Envoy, without Docker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Progress goes to stderr, so that stdout holds only what a script wants to read.
console = Console(stderr=True, soft_wrap=True)

NameOption = Annotated[str, typer.Option("--name", envvar="DEVCLUSTER_NAME", help="Which cluster.")]
ComponentArgument = Annotated[str, typer.Argument(help="A component's name, as `status` lists them.")]
WordsArgument = Annotated[list[str] | None, typer.Argument(help="Put `--` before it.")]
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


def main() -> None:
    """Run the command line; a failure that the user can act upon ends it with status 1 and its explanation."""
    try:
        app()
    except DevClusterError as error:
        console.print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)


def _cluster(name: str) -> Cluster:
    return Cluster(name, ConsoleReporter(console))


@app.command()
def build(name: NameOption = "dev") -> None:
    """Put all programs and the base image into the cache (about 15 minutes on 2 cores the first time)."""
    _cluster(name).build()


@app.command()
def up(
    name: NameOption = "dev",
    profile: Annotated[
        Profile,
        typer.Option(
            help="full; control-plane: API server, etcd, controllers, CRDs; sidecars: with them, without the gateway."
        ),
    ] = "full",
    without: Annotated[str, typer.Option(help="Components to leave out, with commas between.")] = "",
) -> None:
    """Bring a cluster up, or start what is missing of it."""
    cluster = _cluster(name)
    cluster.up(profile=profile, without=[part for part in without.split(",") if part])
    console.print(f'the cluster {name} is up; `eval "$(python -m devcluster env --name {name})"` sets your shell up')


@app.command()
def down(
    name: NameOption = "dev",
    every: Annotated[bool, typer.Option("--all", help="Take every cluster of this machine down.")] = False,
) -> None:
    """Remove a cluster and everything of it, whatever state it is in."""
    for one in other_clusters("") if every else [name]:
        _cluster(one).down()


@app.command()
def status(
    name: NameOption = "dev",
    output: Annotated[Literal["table", "json"], typer.Option("--output", "-o")] = "table",
) -> None:
    """Show how a cluster is doing; ends with status 1 unless all of it runs."""
    found = _cluster(name).status()
    if output == "json":
        print(json.dumps(asdict(found), indent=2))
    else:
        _print_status(found)
    raise typer.Exit(0 if found.is_up else 1)


@app.command()
def kubeconfig(name: NameOption = "dev") -> None:
    """Print the path of the administrator's kubeconfig."""
    print(_cluster(name).kubeconfig)


@app.command()
def env(name: NameOption = "dev") -> None:
    """Print shell exports: KUBECONFIG, GATEWAY_URL, PROMETHEUS_URL, and PATH with kubectl and helm."""
    cluster = _cluster(name)
    print(f"export DEVCLUSTER_NAME={name}")
    print(f"export KUBECONFIG={cluster.kubeconfig}")
    print(f"export GATEWAY_URL={cluster.gateway_url}")
    print(f"export PROMETHEUS_URL={cluster.prometheus_url}")
    print(f'export PATH="{cluster.bin_dir}:$PATH"')


@app.command(context_settings=PASS_ON)
def kubectl(arguments: WordsArgument = None, name: NameOption = "dev") -> None:
    """Run kubectl against the cluster."""
    _become([*_cluster(name).kubectl_command(), *(arguments or [])])


@app.command(context_settings=PASS_ON)
def helm(arguments: WordsArgument = None, name: NameOption = "dev") -> None:
    """Run helm against the cluster."""
    _become([*_cluster(name).helm_command(), *(arguments or [])])


@app.command(name="exec", context_settings=PASS_ON)
def exec_(command: WordsArgument = None, name: NameOption = "dev") -> None:
    """Run a program in the cluster's network namespace, as if on the node."""
    _become(_cluster(name).exec_command(*(command or ["bash"])))


@app.command(name="build-image")
def build_image(  # noqa: PLR0917  (typer reads the signature)
    context: Annotated[Path, typer.Argument(help="The build context.")],
    tag: Annotated[str, typer.Option("--tag", "-t", help="NAME:TAG")],
    file: Annotated[Path, typer.Option("--file", "-f", help="The Dockerfile.")],
    build_arg: Annotated[list[str] | None, typer.Option(help="KEY=VALUE; several are allowed.")] = None,
    load: Annotated[bool, typer.Option("--load", help="Load it into the cluster at once.")] = False,
    name: NameOption = "dev",
) -> None:
    """Build a Dockerfile into the cache, unless nothing changed; prints the archive's path."""
    pairs = [word.partition("=") for word in build_arg or []]
    if wrong := [key for key, separator, _ in pairs if not separator]:
        raise DevClusterError(f"--build-arg {wrong[0]}: write KEY=VALUE")
    cluster = _cluster(name)
    arguments = {key: value for key, _, value in pairs}
    print(cluster.build_image(tag, dockerfile=file, context=context, build_args=arguments))
    if load:
        cluster.load_image(tag)


@app.command(name="load-image")
def load_image(
    image: Annotated[str, typer.Argument(help="An OCI archive, or the NAME:TAG of an image built here.")],
    name: NameOption = "dev",
) -> None:
    """Give the node an image."""
    _cluster(name).load_image(image)


@app.command()
def stop(component: ComponentArgument, name: NameOption = "dev") -> None:
    """Stop one component."""
    _cluster(name).stop(component)


@app.command()
def start(component: ComponentArgument, name: NameOption = "dev") -> None:
    """Start one component and wait until it is ready."""
    _cluster(name).start(component)


@app.command()
def restart(component: ComponentArgument, name: NameOption = "dev") -> None:
    """Stop one component, start it again and wait until it is ready."""
    _cluster(name).restart(component)


@app.command()
def logs(
    component: ComponentArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
    name: NameOption = "dev",
) -> None:
    """Print a component's log."""
    log = ClusterPaths.of(name).log(component)
    if not log.exists():
        raise DevClusterError(
            f"there is no log {log}; `python -m devcluster status --name {name}` lists the components"
        )
    _become(["tail", "--lines=+1", *(["--follow"] if follow else []), str(log)])


def _become(command: list[str]) -> None:
    """Go on as another program, which so has our terminal, its signals and our exit status."""
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606  (no shell is wanted)


def _print_status(found: ClusterStatus) -> None:
    if found.profile is None:
        print(f"{found.name}: not there")
        return
    print(
        f"{found.name}: {'up' if found.is_up else 'not up'}, profile {found.profile}, "
        f"node {found.node_address}, {found.memory_mib:.0f} MiB with pods, logs in {ClusterPaths.of(found.name).logs}"
    )
    table = Table("component", "state", "pid", "MiB")
    for component in found.components:
        table.add_row(component.name, component.state, str(component.pid or ""), str(component.memory_mib or ""))
    Console().print(table)
