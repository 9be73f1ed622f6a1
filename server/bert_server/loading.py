"""From a bundle on disk to a model that has proven itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bert_server.bundle import golden
from bert_server.bundle.manifest import MODEL_FILE, TOKENIZER_FILE, Manifest
from bert_server.bundle.reading import Bundle, open_bundle
from bert_server.cpu import usable_cpus
from bert_server.engines.protocol import MaskedLanguageModel
from bert_server.errors import BundleError
from bert_server.settings import Settings
from bert_server.tasks.fill_mask import FillMask
from bert_server.tokenization import EncodedText, TextEncoder

# The first inference of a length compiles kernels for it; these cover what most requests have.
WARM_UP_TOKENS = (8, 16, 24, 32, 40, 48, 64, 96, 128, 256, 512)


@dataclass(frozen=True)
class LoadedModel:
    manifest: Manifest
    fill_mask: FillMask
    engine: dict[str, Any]


def load(settings: Settings, on_step: Callable[[str], None]) -> LoadedModel:
    """Verify, compile, warm up, self-test; `on_step` is told what comes next.

    Raises BundleError or SelfTestError with a sentence for the user.
    """
    on_step("verifying the bundle")
    bundle = open_bundle(settings.bundle, settings.expected_fingerprint)
    manifest = bundle.manifest
    on_step("compiling the model")
    encoder = TextEncoder(bundle.file(TOKENIZER_FILE), mask_token=manifest.mask_token, max_tokens=manifest.max_tokens)
    engine = _compile(bundle, settings)
    task = FillMask(encoder, engine)
    on_step("warming up")
    for tokens in WARM_UP_TOKENS:
        if tokens <= manifest.max_tokens:
            task.predict(_blank_text(tokens), 1)
    on_step("answering the golden prompts")
    golden.verify(task, manifest)
    return LoadedModel(manifest, task, engine.describe())


def _compile(bundle: Bundle, settings: Settings) -> MaskedLanguageModel:
    # Importing the library takes a good part of a second, in which the server already listens.
    from bert_server.engines.openvino import OpenVinoEngine

    manifest = bundle.manifest
    try:
        return OpenVinoEngine(
            bundle.file(MODEL_FILE),
            manifest.precision,
            max_tokens=manifest.max_tokens,
            threads=settings.threads or usable_cpus(),
            cache_dir=settings.cache_dir,
        )
    except RuntimeError as error:
        raise BundleError(
            f"OpenVINO cannot compile {bundle.file(MODEL_FILE)} on this machine: {error}; "
            f"package the model again with the OpenVINO version of this server"
        ) from error


def _blank_text(tokens: int) -> EncodedText:
    return EncodedText(np.zeros((1, tokens), dtype=np.int64), np.zeros((1, 2), dtype=np.int64))
