"""`python -m examples.models.build --out DIR`: the demo's bundles, each in a directory of its own.

`good`, `improved` and `hotpot` are trained models; `broken` is `good` with its weights cut short, which no server
loads.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import bert_server
from examples.models.cache import cached_directory, copy_out, digest_of
from examples.models.texts import CLOZE_FILE
from examples.models.train import checkpoint
from examples.models.variants import Variant

CONSOLE = Console(stderr=True)
BROKEN = "broken"
NAMES = [*Variant, BROKEN]
# What of the server decides a bundle's content.
SOURCES = (
    *("packaging/encoder.py", "packaging/export.py", "packaging/measure.py", "packaging/prompts.py"),
    *("packaging/reference.py", "engines/openvino.py", "engines/shapes.py", "engines/torch_engine/graph.py"),
    *("bundle/fingerprint.py", "bundle/golden.py", "bundle/manifest.py"),
)


def bundle(variant: Variant) -> Path:
    """The bundle of a demo model; trained and packaged now unless the cache has it."""
    trained = checkpoint(variant)
    server = Path(bert_server.__file__).parent
    libraries = [version(name) for name in ("openvino", "nncf")]
    digest = digest_of(trained.name, libraries, files=[server / source for source in SOURCES])
    return cached_directory(f"bundle-{variant}", digest, lambda directory: _package(variant, trained, directory))


def build(out: Path) -> dict[str, Path]:
    """Write all bundles under `out`; returns their directories by name."""
    places = {str(name): out / name for name in NAMES}
    for variant in Variant:
        copy_out(bundle(variant), places[variant])
    copy_out(places[Variant.GOOD], places[BROKEN])
    _cut_short(next(places[BROKEN].glob("model-*.bin")))
    return places


def _package(variant: Variant, trained: Path, directory: Path) -> None:
    from bert_server.packaging.order import Order
    from bert_server.packaging.package import package

    order = Order(source=str(trained), out=directory, texts=CLOZE_FILE, name=f"demo-{variant}")
    with CONSOLE.status(f"packaging {variant}"):
        package(order, on_note=CONSOLE.print)


def _cut_short(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)


def main(
    out: Annotated[Path, typer.Option(help="Directory for the bundles; what it holds of them is replaced.")],
) -> None:
    """Build the demo's bundles, or take them from the cache."""
    for name, place in build(out).items():
        CONSOLE.print(f"{name}: {place}")


if __name__ == "__main__":
    typer.run(main)
