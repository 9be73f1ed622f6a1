"""What clients ask in a soak: every task, right and wrong, of every length the model takes."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bert_server.bench.messages import Target
from bert_server.bench.texts import MASK, Lengths, masked_text_of, text_of
from bert_server.bench.workload import MODEL_NAME
from examples.translation.pairs import held_out_pairs

SENTENCES: Final = held_out_pairs()
REPEATED_SHARE: Final = 0.1
REPEATED_TEXTS: Final = 50


@dataclass(frozen=True)
class Asker:
    """Draws lengths and texts; one text in ten is an old acquaintance, which a cache knows."""

    dice: random.Random
    lengths: Lengths

    def masked(self) -> str:
        return self._drawn(masked_text_of)

    def plain(self) -> str:
        return self._drawn(text_of)

    def plain_texts(self, most: int) -> list[str]:
        return [self.plain() for _ in range(self.dice.randint(1, most))]

    def _drawn(self, make: Callable[[int, random.Random], str]) -> str:
        if self.dice.random() < REPEATED_SHARE:
            known = random.Random(self.dice.randrange(REPEATED_TEXTS))
            return make(self.lengths.draw(known), known)
        return make(self.lengths.draw(self.dice), self.dice)


@dataclass(frozen=True)
class Kind:
    """A kind of request, how often it comes relative to others, and the status it must have."""

    name: str
    weight: float
    status: HTTPStatus
    make: Callable[[Target, Asker], bytes]


def _post(path: str, body: Callable[[Asker], object]) -> Callable[[Target, Asker], bytes]:
    return lambda target, asker: target.post(path, body(asker))


def _two_masks(asker: Asker) -> object:
    text = asker.plain()[: asker.lengths.longest // 2]
    return {"text": f"{MASK}{text}{MASK}。", "top_k": asker.dice.randint(1, 20)}


def _infer(*texts: str) -> object:
    """Of the Open Inference Protocol."""
    return {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}]}


def _translation(asker: Asker) -> object:
    """A paragraph, as people write them: the beam is what costs most."""
    pairs = asker.dice.choices(SENTENCES, k=asker.dice.randint(1, 4))
    return {"text": "".join(pair.source for pair in pairs), "beam_size": asker.dice.randint(1, 4)}


KINDS: Final = (
    Kind("fill-mask", 8, HTTPStatus.OK, _post("/fill-mask", lambda a: {"text": a.masked()})),
    Kind("several masks", 2, HTTPStatus.OK, _post("/fill-mask", _two_masks)),
    Kind(
        "similarity",
        2,
        HTTPStatus.OK,
        _post("/semantic-similarity", lambda a: {"text": a.plain(), "others": a.plain_texts(4)}),
    ),
    Kind("features", 2, HTTPStatus.OK, _post("/feature-extraction", lambda a: {"texts": a.plain_texts(4)})),
    Kind(
        "embeddings",
        2,
        HTTPStatus.OK,
        _post("/v1/embeddings", lambda a: {"model": MODEL_NAME, "input": a.plain_texts(4)}),
    ),
    Kind("translation", 1, HTTPStatus.OK, _post("/translate", _translation)),
    Kind("open inference", 2, HTTPStatus.OK, _post(f"/v2/models/{MODEL_NAME}/infer", lambda a: _infer(a.masked()))),
    Kind("no tensor", 0.5, HTTPStatus.BAD_REQUEST, _post(f"/v2/models/{MODEL_NAME}/infer", lambda _: {"inputs": []})),
    Kind("health", 1, HTTPStatus.OK, lambda target, _: target.get("/health")),
    Kind("readiness", 1, HTTPStatus.OK, lambda target, _: target.get("/ready")),
    Kind("version", 0.5, HTTPStatus.OK, lambda target, _: target.get("/version")),
    Kind("no mask", 0.5, HTTPStatus.UNPROCESSABLE_ENTITY, _post("/fill-mask", lambda a: {"text": a.plain()})),
    Kind("unknown field", 0.5, HTTPStatus.UNPROCESSABLE_ENTITY, _post("/fill-mask", lambda a: {"txt": a.masked()})),
    Kind("no JSON object", 0.5, HTTPStatus.UNPROCESSABLE_ENTITY, _post("/fill-mask", lambda a: [a.plain()])),
    Kind("no such path", 0.5, HTTPStatus.NOT_FOUND, lambda target, _: target.get("/nowhere")),
)


def requests(target: Target, asker: Asker) -> Iterator[tuple[Kind, bytes]]:
    """Without end, the kinds in proportion to their weights."""
    weights = [kind.weight for kind in KINDS]
    while True:
        kind = asker.dice.choices(KINDS, weights)[0]
        yield kind, kind.make(target, asker)
