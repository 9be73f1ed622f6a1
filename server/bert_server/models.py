"""What a running server has loaded: at least one model, each from its bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bert_server.bundle.fingerprint import combined_fingerprint
from bert_server.bundle.manifest import EncoderManifest, Task, TranslatorManifest
from bert_server.inference.contract import Runner
from bert_server.tokenization import TextEncoder

if TYPE_CHECKING:  # a server without translations need not import what they need
    from bert_server.translation.tokenization import TranslationTokenizer


@dataclass(frozen=True)
class EncoderModel:
    """`engine` is what the engine says of itself."""

    manifest: EncoderManifest
    tokenizer: TextEncoder
    runner: Runner
    engine: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TranslatorModel:
    manifest: TranslatorManifest
    tokenizer: TranslationTokenizer
    runner: Runner
    engine: dict[str, Any] = field(default_factory=dict)


Model = EncoderModel | TranslatorModel


class Models:
    """In the order of the bundles: of several that can do a task, the first one does it."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.all = tuple(models)
        self.fingerprint = combined_fingerprint(model.manifest.fingerprint for model in models)
        self._by_name = {model.manifest.name: model for model in models}

    def named(self, name: str) -> Model | None:
        return self._by_name.get(name)

    def encoder_for(self, task: Task) -> EncoderModel | None:
        return next((m for m in self.all if isinstance(m, EncoderModel) and task in m.manifest.tasks), None)

    def translator(self) -> TranslatorModel | None:
        return next((model for model in self.all if isinstance(model, TranslatorModel)), None)
