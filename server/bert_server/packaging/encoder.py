"""From a BERT checkpoint to a bundle."""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bert_server.bundle import golden
from bert_server.bundle.fingerprint import file_sha256, fingerprint_of
from bert_server.bundle.manifest import (
    CHECKPOINT_WEIGHTS_FILE,
    CONFIG_FILE,
    TOKENIZER_FILE,
    EncoderManifest,
    Precision,
    Source,
    Task,
)
from bert_server.cpu import usable_cpus
from bert_server.engines.openvino import OpenVinoEngine
from bert_server.engines.protocol import Encoder, EncoderBatch
from bert_server.errors import PackagingError
from bert_server.packaging.checkpoint import Checkpoint
from bert_server.packaging.export import Exporter
from bert_server.packaging.measure import Agreement, agreement, ask, whole_text
from bert_server.packaging.order import Order
from bert_server.packaging.prompts import read_prompts
from bert_server.packaging.reference import TorchReference, load_tokenizer
from bert_server.runners.encoder import EncoderRunner
from bert_server.tokenization import TextEncoder

LIBRARIES = ("torch", "transformers", "openvino", "nncf", "tokenizers")
VECTOR_TASKS = (Task.SEMANTIC_SIMILARITY, Task.FEATURE_EXTRACTION)


@dataclass(frozen=True)
class _Texts:
    """The order's texts that the model can take whole, and what to ask of each."""

    prompts: list[str]
    batches: list[EncoderBatch]

    @property
    def masks(self) -> int:
        return sum(len(batch.head_rows) for batch in self.batches)


@dataclass(frozen=True)
class _Made:
    """A precision that passed."""

    precision: Precision
    engine: Encoder
    agreed: Agreement


def make_encoder_bundle(
    order: Order, checkpoint: Checkpoint, draft: Path, on_note: Callable[[str], object]
) -> EncoderManifest:
    """Fill the directory `draft` with everything but the manifest, which is returned.

    Raises PackagingError if no precision agrees with the checkpoint; those that do not are told to `on_note`, and what
    the self-test cannot check.
    """
    reference = TorchReference(checkpoint)
    tokenizer = _write_tokenizer(checkpoint, draft, has_head=reference.has_head)
    shutil.copyfile(checkpoint.directory / CONFIG_FILE, draft / CONFIG_FILE)
    if order.with_checkpoint:
        _write_weights(reference, draft / CHECKPOINT_WEIGHTS_FILE)
    texts = _read_texts(order, tokenizer)
    made = _make_precisions(order, reference, texts, draft, on_note)
    fields = _measured(tokenizer, texts, made)
    manifest = _manifest(order, checkpoint, draft, tokenizer, fields)
    for note in golden.blind_spots(manifest):
        on_note(f"{note}; give more --texts, or other ones")
    return manifest


def _make_precisions(
    order: Order, reference: TorchReference, texts: _Texts, draft: Path, on_note: Callable[[str], object]
) -> list[_Made]:
    exporter = Exporter(reference.model)
    truth = ask(reference, texts.batches)
    passed, refusals = [], []
    for precision in dict.fromkeys(order.precisions):
        exporter.write(draft / precision.graph_file, precision, texts.batches)
        engine = OpenVinoEngine(draft / precision.graph_file, precision, threads=usable_cpus())
        agreed = agreement(ask(engine, texts.batches), truth)
        if agreed.decisive >= order.min_agreement:
            passed.append(_Made(precision, engine, agreed))
            continue
        refusals.append(_refusal(precision, agreed, order))
        on_note(f"leaving {precision} out: {refusals[-1]}")
        for name in (precision.graph_file, precision.weights_file):
            (draft / name).unlink()
    if not passed:
        raise PackagingError(
            f"{'; '.join(refusals)}; package it as fp32, calibrate on texts closer to the real ones, or lower "
            f"--min-agreement"
        )
    return passed


def _refusal(precision: Precision, agreed: Agreement, order: Order) -> str:
    if agreed.top_1 is None:
        return (
            f"{precision} turns the vectors of {order.texts}: mean cosine to fp32 {agreed.cosine:.4f}, asked for "
            f"{order.min_agreement:.4f}"
        )
    return (
        f"{precision} changes the best token at {1 - agreed.top_1:.2%} of {agreed.masks} masks in {order.texts} "
        f"(agreement {agreed.top_1:.2%}, asked for {order.min_agreement:.2%})"
    )


def _measured(tokenizer: TextEncoder, texts: _Texts, made: list[_Made]) -> dict[str, Any]:
    """The fields of the manifest that come from asking the finished engines."""
    tolerance = max(golden.TOLERANCE[one.precision] for one in made)
    askers = [golden.Asker(tokenizer, EncoderRunner(one.engine)) for one in made]
    figures = {f"{one.precision}_{name}": figure for one in made for name, figure in one.agreed.figures().items()}
    return {
        "precisions": tuple(one.precision for one in made),
        "quality": {"texts": len(texts.prompts), "masks": texts.masks, **figures},
        "golden_tolerance": tolerance,
        "golden": golden.record_prompts(askers, texts.prompts, tolerance) if tokenizer.mask_token else (),
        "golden_pairs": golden.record_pairs(askers, texts.prompts, tolerance),
    }


def _manifest(
    order: Order, checkpoint: Checkpoint, draft: Path, tokenizer: TextEncoder, measured: dict[str, Any]
) -> EncoderManifest:
    config = json.loads((draft / CONFIG_FILE).read_bytes())
    files = {file.name: file_sha256(file) for file in sorted(draft.iterdir())}
    manifest = EncoderManifest(
        name=order.name,
        tasks=(Task.FILL_MASK, *VECTOR_TASKS) if tokenizer.mask_token else VECTOR_TASKS,
        has_checkpoint=order.with_checkpoint,
        max_tokens=tokenizer.max_tokens,
        mask_token=tokenizer.mask_token,
        hidden_size=config["hidden_size"],
        vocabulary_size=config["vocab_size"],
        files=files,
        fingerprint="sha256:" + "0" * 64,  # of the finished manifest, below
        source=Source(reference=checkpoint.reference, weights_sha256=checkpoint.weights_sha256),
        made_with={library: version(library) for library in LIBRARIES},
        **measured,
    )
    fingerprint = fingerprint_of(files=files, tasks=manifest.tasks, deciding=manifest.deciding())
    return manifest.model_copy(update={"fingerprint": fingerprint})


def _read_texts(order: Order, tokenizer: TextEncoder) -> _Texts:
    encoded = [(prompt, tokenizer.encode(prompt)) for prompt in read_prompts(order.texts, tokenizer.mask_token)]
    fitting = [(prompt, ids) for prompt, ids in encoded if len(ids) <= tokenizer.max_tokens]
    if not fitting:
        raise PackagingError(
            f"{order.texts} holds only texts of more than {tokenizer.max_tokens} tokens; give a sentence a line"
        )
    return _Texts(
        prompts=[prompt for prompt, _ in fitting],
        batches=[whole_text(ids, tokenizer.mask_positions(ids)) for _, ids in fitting],
    )


def _write_tokenizer(checkpoint: Checkpoint, draft: Path, *, has_head: bool) -> TextEncoder:
    """As one tokenizer.json, and opened as a server opens it."""
    tokenizer = load_tokenizer(checkpoint)
    if has_head and not tokenizer.mask_token:
        raise PackagingError(f"the tokenizer of {checkpoint.reference} has no mask token; fill-mask needs one")
    tokenizer.backend_tokenizer.save(str(draft / TOKENIZER_FILE), pretty=False)
    config = json.loads((checkpoint.directory / CONFIG_FILE).read_bytes())
    return TextEncoder(
        draft / TOKENIZER_FILE,
        mask_token=str(tokenizer.mask_token) if has_head else None,
        max_tokens=int(config["max_position_embeddings"]),
    )


def _write_weights(reference: TorchReference, file: Path) -> None:
    """In one file, however many the checkpoint has."""
    with tempfile.TemporaryDirectory(dir=file.parent.parent) as scratch:
        reference.model.save_pretrained(scratch, max_shard_size="1TB")
        shutil.move(Path(scratch) / CHECKPOINT_WEIGHTS_FILE, file)
