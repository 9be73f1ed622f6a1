"""From a Marian checkpoint to a bundle."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from bert_server.bundle.fingerprint import file_sha256, fingerprint_of
from bert_server.bundle.manifest import Precision, Source, Task, TranslatorManifest
from bert_server.cpu import usable_cpus
from bert_server.engines.ctranslate import COMPUTE_TYPES, CTranslate2Engine
from bert_server.errors import PackagingError
from bert_server.packaging.checkpoint import Checkpoint
from bert_server.packaging.marian_checkpoint import convert, load_model, read_facts
from bert_server.packaging.marian_measure import Comparison, compare, latency_median_ms, read_test_set
from bert_server.packaging.marian_reference import TorchTranslator
from bert_server.packaging.order import Order
from bert_server.runners.translator import TranslatorRunner
from bert_server.translation import golden
from bert_server.translation.tokenization import TranslationTokenizer

LIBRARIES = ("torch", "transformers", "ctranslate2", "sentencepiece", "sacrebleu")


def make_translator_bundle(
    order: Order, checkpoint: Checkpoint, draft: Path, on_note: Callable[[str], object]
) -> TranslatorManifest:
    """Fill the directory `draft` with everything but the manifest, which is returned. `order.texts` is the test set.

    Raises PackagingError if the checkpoint cannot be used, or if the bundle's BLEU is less than `order.min_agreement`
    times that of the checkpoint in fp32.
    """
    test_set = read_test_set(order.texts)
    precision = _precision(order, on_note)
    facts = read_facts(checkpoint)
    model = load_model(checkpoint)
    convert(checkpoint, precision, draft)
    tokenizer = TranslationTokenizer(draft, max_tokens=facts.max_tokens)
    runner = TranslatorRunner(tokenizer, CTranslate2Engine(draft, precision, threads=usable_cpus()))
    reference = TranslatorRunner(tokenizer, TorchTranslator(model, tokenizer))
    compared = compare(tokenizer, runner, reference, test_set, facts.target_language)
    _require_quality(order, precision, compared)
    sure = golden.record(tokenizer, runner, compared.agreed or test_set.sources)
    latency_ms = latency_median_ms(tokenizer, runner, test_set.sources)
    files = {file.name: file_sha256(file) for file in sorted(draft.iterdir())}
    manifest = TranslatorManifest(
        name=order.name,
        tasks=(Task.TRANSLATE,),
        max_tokens=facts.max_tokens,
        files=files,
        fingerprint="sha256:" + "0" * 64,  # of the finished manifest, below
        source=Source(reference=checkpoint.reference, weights_sha256=checkpoint.weights_sha256),
        made_with={library: version(library) for library in LIBRARIES},
        quality={**compared.figures(), "latency_median_ms": round(latency_ms, 3)},
        precision=precision,
        source_language=facts.source_language,
        target_language=facts.target_language,
        golden=sure,
    )
    fingerprint = fingerprint_of(files=files, tasks=manifest.tasks, deciding=manifest.deciding())
    return manifest.model_copy(update={"fingerprint": fingerprint})


def _precision(order: Order, on_note: Callable[[str], object]) -> Precision:
    """The first of the order that translators can have; a bundle holds one."""
    chosen = next((precision for precision in order.precisions if precision in COMPUTE_TYPES), None)
    if chosen is None:
        raise PackagingError(
            f"a translator cannot be packaged as {', '.join(order.precisions)}; choose {' or '.join(COMPUTE_TYPES)}"
        )
    if order.with_checkpoint:
        on_note("a translator's bundle never holds its checkpoint: CTranslate2 alone serves it")
    return chosen


def _require_quality(order: Order, precision: Precision, compared: Comparison) -> None:
    if compared.ours.bleu < order.min_agreement * compared.fp32.bleu:
        raise PackagingError(
            f"{precision} translates {order.texts} with BLEU {compared.ours.bleu:.2f}, fp32 with "
            f"{compared.fp32.bleu:.2f} (at least {order.min_agreement:.2%} of that is asked for); package it as fp32, "
            f"or lower --min-agreement"
        )
