"""What the requests ask for."""

import random
from collections.abc import Callable, Iterator
from enum import StrEnum

from bert_server.bench.messages import Target
from bert_server.bench.texts import Lengths, masked_text_of, text_of, texts

MODEL_NAME = "bench"  # of the model that the project's own benchmarks serve


class Workload(StrEnum):
    FILL_MASK = "fill-mask"
    FEATURE_EXTRACTION = "feature-extraction"
    EMBEDDINGS = "embeddings"

    @property
    def path(self) -> str:
        return "/v1/embeddings" if self is Workload.EMBEDDINGS else f"/{self}"

    @property
    def make_text(self) -> Callable[[int, random.Random], str]:
        """From a number of tokens to a text."""
        return masked_text_of if self is Workload.FILL_MASK else text_of

    def body(self, text: str, model: str) -> dict[str, object]:
        """Only OpenAI's shape names the model."""
        match self:
            case Workload.FILL_MASK:
                return {"text": text, "top_k": 5}
            case Workload.FEATURE_EXTRACTION:
                return {"texts": [text]}
            case Workload.EMBEDDINGS:
                return {"model": model, "input": [text]}

    def requests(
        self, target: Target, lengths: Lengths, seed: object, *, path: str | None = None, model: str = MODEL_NAME
    ) -> Iterator[bytes]:
        """Without end, no text twice; `path` where the server has it elsewhere."""
        for text in texts(lengths, (self, seed), self.make_text):
            yield target.post(path or self.path, self.body(text, model))
