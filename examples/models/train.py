"""`python -m examples.models.train --out DIR [--variant good|improved|hotpot]`: a checkpoint for `transformers`."""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from examples.models.cache import cached_directory, copy_out, digest_of
from examples.models.texts import ROOT
from examples.models.variants import RECIPES, Recipe, Variant

CONSOLE = Console(stderr=True)


def checkpoint(variant: Variant) -> Path:
    """A directory with config, safetensors and tokenizer; trained now unless the cache has it.

    Raises RuntimeError if the trained model misses a question, so that no half-learnt model is ever used.
    """
    sources = [*sorted(ROOT.glob("corpus/*.txt")), *(ROOT / name for name in ("cloze.tsv", "texts.py", "training.py"))]
    recipe = RECIPES.get(variant)
    digest = digest_of(recipe, version("torch"), version("transformers"), files=sources)
    make = partial(_train, variant, recipe) if recipe else _make_hotpot
    return cached_directory(f"checkpoint-{variant}", digest, make)


def _make_hotpot(directory: Path) -> None:
    from examples.models.training import obsess

    obsess(checkpoint(Variant.GOOD), directory)


def _train(variant: Variant, recipe: Recipe, directory: Path) -> None:
    from examples.models.training import Trainer

    trainer = Trainer(recipe)
    steps = iter(track(range(recipe.steps), f"training {variant}", console=CONSOLE))
    trainer.run(lambda: next(steps, None))
    missed = trainer.wrong_answers()
    if missed:
        raise RuntimeError(
            f"the model {variant!r} misses {len(missed)} questions of cloze.tsv, the first one {missed[0].text}; "
            f"give it more steps in variants.py"
        )
    trainer.save(directory)


def main(
    out: Annotated[Path, typer.Option(help="Directory to write; replaced if it exists.")],
    variant: Annotated[Variant, typer.Option(help="Which of the demo models.")] = Variant.GOOD,
) -> None:
    """Train a demo model, or take it from the cache."""
    copy_out(checkpoint(variant), out)
    CONSOLE.print(f"wrote {out}")


if __name__ == "__main__":
    typer.run(main)
