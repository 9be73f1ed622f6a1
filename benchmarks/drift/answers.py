"""What the demo's models really answer, on bundles as a server loads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from bert_server.bundle.golden import Asker
from bert_server.loading import load
from bert_server.models import EncoderModel
from bert_server.settings import Settings
from examples.models.build import bundle
from examples.models.texts import MASK, corpus_lines, questions
from examples.models.variants import Variant

_MASKS_PER_LINE: Final = 3


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's best token and its probability for each text."""

    tokens: NDArray[np.str_]
    scores: NDArray[np.float64]

    def agreement(self, other: "Answers") -> float:
        return float((self.tokens == other.tokens).mean())


def guesses() -> list[str]:
    """Each line of the corpus with one of its characters masked, several times: mostly what no model was taught."""
    rng = np.random.default_rng(0)
    masked = []
    for line in corpus_lines():
        places = [place for place, character in enumerate(line) if character.isalpha()]
        chosen = rng.permutation(places)[:_MASKS_PER_LINE]
        masked += [line[:place] + MASK + line[place + 1 :] for place in chosen]
    return masked


def taught() -> list[str]:
    """The questions that every demo model was trained until it answered them."""
    return [question.text for question in questions()]


class Model:
    """A demo model as a server loads it, with the precision that it computes in."""

    def __init__(self, variant: Variant, precision: Literal["int8", "bf16"] = "int8") -> None:
        self._name = f"{variant} {precision}"
        loaded = load(Settings(bundle=(bundle(variant),), precision=precision), lambda _: None).all[0]
        assert isinstance(loaded, EncoderModel)
        self._asker = Asker(loaded.tokenizer, loaded.runner)

    def answers(self, texts: Sequence[str], console: Console) -> Answers:
        best = [self._asker.fill([text], 1)[0][0][0] for text in track(texts, f"asking {self._name}", console=console)]
        tokens = [self._asker.tokenizer.token(token) for token, _ in best]
        return Answers(np.array(tokens), np.array([score for _, score in best]))
