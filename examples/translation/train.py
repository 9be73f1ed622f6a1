"""`python -m examples.translation.train --out DIR`: a Marian checkpoint for `transformers`."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from examples.models.cache import cached_directory, copy_out, digest_of
from examples.translation.pairs import CORPUS, ROOT, TEST_FILE
from examples.translation.recipe import RECIPE

CONSOLE = Console(stderr=True)


def checkpoint() -> Path:
    """A directory with config, safetensors and SentencePiece models; trained now unless the cache has it."""
    programs = [ROOT / name for name in ("grammar.py", "pairs.py", "training.py")]
    sources = [*sorted(CORPUS.rglob("*.tsv")), TEST_FILE, *programs]
    libraries = [version(name) for name in ("torch", "transformers", "sentencepiece")]
    return cached_directory("checkpoint-zh-en", digest_of(RECIPE, libraries, files=sources), _train)


def _train(directory: Path) -> None:
    from examples.translation.training import Trainer

    trainer = Trainer(RECIPE)
    steps = iter(track(range(RECIPE.steps), "training zh-en", console=CONSOLE))
    trainer.run(lambda: next(steps, None))
    trainer.save(directory)


def main(out: Annotated[Path, typer.Option(help="Directory to write; replaced if it exists.")]) -> None:
    """Train the demo translator, or take it from the cache."""
    copy_out(checkpoint(), out)
    CONSOLE.print(f"wrote {out}")


if __name__ == "__main__":
    typer.run(main)
