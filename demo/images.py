"""Builds the images of the operator and of the demo's versions, and gives them to a cluster's node.

python -m demo.images          # builds all into the cache
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rich.console import Console

from demo.install import OPERATOR_REPOSITORY, OPERATOR_TAG, ROOT
from demo.versions import ALL, DemoVersion
from devcluster import Cluster
from devcluster.progress import ConsoleReporter
from examples.models.build import build as build_bundles

BUNDLES: Final = ROOT / "build" / "bundles"
OPERATOR_IMAGE: Final = f"{OPERATOR_REPOSITORY}:{OPERATOR_TAG}"
SERVER_IMAGE: Final = "localhost/bert-server:dev"


def build_images(cluster: Cluster, versions: Iterable[DemoVersion], console: Console) -> dict[str, Path]:
    """Archives of the images by name, each built only if what it is made of has changed."""
    console.print("Models and images (built once, then cached)")
    bundles = build_bundles(BUNDLES)
    operator = cluster.build_image(OPERATOR_IMAGE, dockerfile=ROOT / "Dockerfile.operator", context=ROOT)
    cluster.build_image(SERVER_IMAGE, dockerfile=ROOT / "Dockerfile.server", context=ROOT)
    demo = {version.image: _build_version(cluster, version, bundles[version.bundle]) for version in versions}
    return {OPERATOR_IMAGE: operator} | demo


def _build_version(cluster: Cluster, version: DemoVersion, bundle: Path) -> Path:
    """The server with the bundle on top, and on top of that the fault, if the version has one."""
    model_image = version.image if not version.fault else f"localhost/bert-model-{version.bundle}:dev"
    dockerfile = ROOT / "examples" / "models" / "Dockerfile"
    archive = cluster.build_image(
        model_image, dockerfile=dockerfile, context=bundle, build_args={"SERVER_IMAGE": SERVER_IMAGE}
    )
    if not version.fault:
        return archive
    faults = ROOT / "examples" / "faults"
    arguments = {"SERVER_IMAGE": model_image, "FAULT": version.fault, "FAULT_FILE": version.fault_file}
    return cluster.build_image(version.image, dockerfile=faults / "Dockerfile", context=faults, build_args=arguments)


def build_and_load(cluster: Cluster, versions: Iterable[DemoVersion], console: Console) -> str:
    """For a cluster that is up. Returns which build of the operator it now has."""
    archives = build_images(cluster, versions, console)
    for archive in archives.values():
        cluster.load_image(archive)
    return archives[OPERATOR_IMAGE].stem


if __name__ == "__main__":
    screen = Console()
    for name in build_images(Cluster("dev", ConsoleReporter(screen)), ALL, screen):
        screen.print(name)
