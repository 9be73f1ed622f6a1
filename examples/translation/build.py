"""`python -m examples.translation.build --out DIR`: the demo's translator from Chinese to English, as a bundle."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import bert_server
from bert_server.bundle.manifest import Precision
from examples.models.cache import cached_directory, copy_out, digest_of
from examples.translation.pairs import TEST_FILE
from examples.translation.recipe import RECIPE
from examples.translation.train import checkpoint

CONSOLE = Console(stderr=True)
NAME = "demo-zh-en"


def bundle() -> Path:
    """The bundle; trained and packaged now unless the cache has it."""
    trained = checkpoint()
    server = Path(bert_server.__file__).parent
    packages = ("packaging", "bundle", "translation")
    sources = [file for package in packages for file in sorted((server / package).glob("*.py"))]
    sources += [server / "tasks/translate.py", server / "engines/ctranslate.py"]
    libraries = [version(name) for name in ("ctranslate2", "sentencepiece", "sacrebleu")]
    digest = digest_of(trained.name, RECIPE.min_bleu, libraries, files=sources)
    return cached_directory("bundle-zh-en", digest, lambda directory: _package(trained, directory))


def _package(trained: Path, directory: Path) -> None:
    """Raises RuntimeError if the model has not learnt enough, so that no half-learnt one is ever used."""
    from bert_server.packaging.order import Order
    from bert_server.packaging.package import package

    with CONSOLE.status("packaging zh-en"):
        order = Order(source=str(trained), out=directory, texts=TEST_FILE, precisions=(Precision.INT8,), name=NAME)
        manifest = package(order)
    if manifest.quality["bleu"] < RECIPE.min_bleu:
        raise RuntimeError(
            f"the translator reaches BLEU {manifest.quality['bleu']:.1f} of {RECIPE.min_bleu} on {TEST_FILE.name}; "
            f"give it more steps in recipe.py"
        )


def main(out: Annotated[Path, typer.Option(help="Directory for the bundle; replaced if it exists.")]) -> None:
    """Build the demo's translator, or take it from the cache."""
    copy_out(bundle(), out)
    CONSOLE.print(f"wrote {out}")


if __name__ == "__main__":
    typer.run(main)
