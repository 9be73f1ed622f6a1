"""From bundles on disk to models that have proven themselves."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import numpy as np

from bert_server.bundle import golden
from bert_server.bundle.fingerprint import combined_fingerprint
from bert_server.bundle.manifest import TOKENIZER_FILE, EncoderManifest, Task
from bert_server.bundle.reading import Bundle, open_bundle, read_manifest
from bert_server.engines.selection import Selection
from bert_server.errors import BundleError
from bert_server.inference.jobs import FeatureJob, FillMaskJob, Pooling
from bert_server.mapped_files import release_file_pages
from bert_server.models import EncoderModel, Model, Models
from bert_server.runners.encoder import EncoderRunner
from bert_server.settings import Settings
from bert_server.tokenization import TextEncoder

# The first inference of a size compiles kernels for it. These cover what most requests have; the likeliest come first.
WARM_UP_TOKENS = (16, 32, 24, 8, 48, 64, 40, 56, 128, 96, 80, 112, 256, 192, 160, 224)
WARM_UP_SECONDS = 0.25


def load(settings: Settings, on_step: Callable[[str], object]) -> Models:
    """Verify, compile, warm up, self-test; `on_step` is told what comes next.

    Raises BundleError or SelfTestError with a sentence for the user.
    """
    on_step("verifying the bundle")
    with ExitStack() as stack:
        selections: dict[Path, Selection] = {}
        for directory in settings.bundle:
            manifest = read_manifest(directory)
            if isinstance(manifest, EncoderManifest):
                selections[directory] = stack.enter_context(closing(Selection(manifest, settings)))
        importing = threading.Thread(target=_import_openvino, name="importing", daemon=True)
        if selections:
            importing.start()
        bundles = [open_bundle(directory) for directory in settings.bundle]
        _require_expected(bundles, settings.expected_fingerprint)
        _require_distinct_names(bundles)
        if selections:
            importing.join()
        models = Models([_load(bundle, settings, selections, on_step) for bundle in bundles])
    release_file_pages([*settings.bundle, *([settings.cache_dir] if settings.cache_dir else [])])
    return models


def golden_checks(models: Models) -> list[Callable[[], object]]:
    """Questions of everything that was recorded when the models were packaged, an inference or two each.

    Each raises SelfTestError if it is answered differently. Call them on the thread that does the inference.
    """
    return [check for model in models.all for check in _golden_checks(model)]


def _golden_checks(model: Model) -> Iterator[Callable[[], object]]:
    if isinstance(model, EncoderModel):
        asker = golden.Asker(model.tokenizer, model.runner)
        for question in golden.one_by_one(model.manifest):
            yield partial(golden.verify, asker, question)
        return
    from bert_server.translation import golden as translation_golden

    for text in model.manifest.golden:
        one = model.manifest.model_copy(update={"golden": (text,)})
        yield partial(translation_golden.verify, model.tokenizer, model.runner, one)


def warm_up_steps(models: Models) -> list[Callable[[], object]]:
    """Inferences of the common sizes, the likeliest first, some milliseconds each.

    `load` does those for which there is time; what is left can be done on the thread that does the inference while
    there is nothing else to do, and doing one again hardly costs anything.
    """
    return [
        partial(model.runner.run, [_blank_job(tokens, model.manifest)])
        for tokens in WARM_UP_TOKENS
        for model in models.all
        if isinstance(model, EncoderModel) and tokens <= model.manifest.max_tokens
    ]


def _load(
    bundle: Bundle, settings: Settings, selections: Mapping[Path, Selection], on_step: Callable[[str], object]
) -> Model:
    if isinstance(bundle.manifest, EncoderManifest):
        return _load_encoder(bundle, bundle.manifest, selections[bundle.directory], on_step)
    from bert_server.translation.loading import load_translator

    return load_translator(bundle, settings, on_step)


def _load_encoder(
    bundle: Bundle, manifest: EncoderManifest, selection: Selection, on_step: Callable[[str], object]
) -> EncoderModel:
    on_step(f"compiling {manifest.name}")
    tokenizer = TextEncoder(bundle.file(TOKENIZER_FILE), mask_token=manifest.mask_token, max_tokens=manifest.max_tokens)
    engine = selection.open(bundle)
    runner = EncoderRunner(engine)
    on_step(f"asking {manifest.name} for its golden answers")
    golden.verify(golden.Asker(tokenizer, runner), manifest)
    on_step(f"warming {manifest.name} up")
    model = EncoderModel(manifest, tokenizer, runner, engine.describe())
    _warm_up(model)
    return model


def _warm_up(model: EncoderModel) -> None:
    until = time.monotonic() + WARM_UP_SECONDS
    for step in warm_up_steps(Models([model])):
        step()
        if time.monotonic() > until:
            return


def _blank_job(tokens: int, manifest: EncoderManifest) -> FillMaskJob | FeatureJob:
    token_ids = np.zeros(tokens, dtype=np.int64)
    if Task.FILL_MASK in manifest.tasks:
        return FillMaskJob(manifest.name, token_ids, mask_positions=(0,), top_k=1)
    return FeatureJob(manifest.name, token_ids, Pooling.CLS)


def _import_openvino() -> None:
    """Takes a good part of a second, in which files can be read."""
    import bert_server.engines.openvino  # noqa: F401


def _require_expected(bundles: Sequence[Bundle], expected_fingerprint: str | None) -> None:
    found = combined_fingerprint(bundle.fingerprint for bundle in bundles)
    if expected_fingerprint not in (None, found):
        which = f"the bundle at {bundles[0].directory} has" if len(bundles) == 1 else "the bundles together have"
        raise BundleError(
            f"{which} another fingerprint than the release asks for: expected {expected_fingerprint}, found {found}; "
            f"deploy the image that holds the expected model, or correct the expected fingerprint"
        )


def _require_distinct_names(bundles: Sequence[Bundle]) -> None:
    places: dict[str, Path] = {}
    for bundle in bundles:
        name = bundle.manifest.name
        if name in places:
            raise BundleError(
                f"the bundles at {places[name]} and {bundle.directory} are both called {name!r}, by which requests "
                f"name a model; leave one out, or package one again with another --name"
            )
        places[name] = bundle.directory
