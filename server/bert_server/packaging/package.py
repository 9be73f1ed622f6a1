"""The whole way from a checkpoint to a bundle that has proven itself."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bert_server.bundle import golden
from bert_server.bundle.fingerprint import file_sha256, fingerprint_of
from bert_server.bundle.manifest import (
    CONFIG_FILE,
    CONTENT_FILES,
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Manifest,
    Precision,
    Source,
    Task,
)
from bert_server.cpu import usable_cpus
from bert_server.engines.openvino import OpenVinoEngine
from bert_server.errors import PackagingError
from bert_server.packaging.checkpoint import Checkpoint, find_checkpoint
from bert_server.packaging.export import export_ir
from bert_server.packaging.measure import Agreement, Latency, agreement, latency
from bert_server.packaging.prompts import read_prompts
from bert_server.packaging.reference import TorchReference, max_tokens_of, write_tokenizer
from bert_server.tasks.fill_mask import FillMask
from bert_server.tokenization import TextEncoder

LIBRARIES = ("torch", "transformers", "openvino", "nncf", "tokenizers")
DEFAULT_MIN_AGREEMENT = 0.99


@dataclass(frozen=True)
class Order:
    """What to make. `min_agreement` is the share of masks (0 to 1) at which the best token must stay the same."""

    source: str
    out: Path
    texts: Path
    precision: Precision
    name: str
    revision: str | None = None
    min_agreement: float = DEFAULT_MIN_AGREEMENT


@dataclass(frozen=True)
class Report:
    manifest: Manifest
    size_bytes: int
    latency: Latency
    agreement: Agreement


def package(order: Order) -> Report:
    """Make the bundle at `order.out`, replacing a bundle that is there.

    Raises PackagingError if the checkpoint cannot be used or the result agrees too little with it; then nothing
    is written.
    """
    _require_replaceable(order.out)
    checkpoint = find_checkpoint(order.source, order.revision)
    order.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=order.out.parent, prefix=".packaging-") as scratch:
        draft = Path(scratch) / "bundle"
        draft.mkdir()
        report = _make(order, checkpoint, draft)
        if order.out.exists():
            shutil.rmtree(order.out)
        draft.rename(order.out)
    return report


def _make(order: Order, checkpoint: Checkpoint, draft: Path) -> Report:
    mask_token = write_tokenizer(checkpoint, draft / TOKENIZER_FILE)
    shutil.copyfile(checkpoint.directory / "config.json", draft / CONFIG_FILE)
    encoder = TextEncoder(draft / TOKENIZER_FILE, mask_token=mask_token, max_tokens=max_tokens_of(checkpoint))
    prompts = read_prompts(order.texts, mask_token)
    texts = [encoder.encode(prompt) for prompt in prompts]

    reference = TorchReference(checkpoint)
    export_ir(reference, order.precision, texts, draft / MODEL_FILE)
    engine = OpenVinoEngine(draft / MODEL_FILE, order.precision, max_tokens=encoder.max_tokens, threads=usable_cpus())

    agreed = agreement(engine, reference, texts)
    if agreed.top_1 < order.min_agreement:
        raise PackagingError(
            f"{order.precision} changes the best token at {1 - agreed.top_1:.2%} of {agreed.masks} masks in "
            f"{order.texts} (agreement {agreed.top_1:.2%}, asked for {order.min_agreement:.2%}); package it as bf16 or "
            f"fp32, calibrate on texts closer to the real ones, or lower --min-agreement"
        )
    manifest = _manifest(order, checkpoint, draft, FillMask(encoder, engine), prompts)
    (draft / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    size_bytes = sum(file.stat().st_size for file in draft.iterdir())
    return Report(manifest, size_bytes, latency(engine, texts), agreed)


def _manifest(order: Order, checkpoint: Checkpoint, draft: Path, task: FillMask, prompts: Sequence[str]) -> Manifest:
    files = {name: file_sha256(draft / name) for name in CONTENT_FILES}
    tasks = (Task.FILL_MASK,)
    encoder = task.encoder
    return Manifest(
        name=order.name,
        tasks=tasks,
        precision=order.precision,
        max_tokens=encoder.max_tokens,
        mask_token=encoder.mask_token,
        files=files,
        fingerprint=fingerprint_of(
            files=files,
            tasks=tasks,
            precision=order.precision,
            max_tokens=encoder.max_tokens,
            mask_token=encoder.mask_token,
        ),
        source=Source(reference=checkpoint.reference, weights_sha256=checkpoint.weights_sha256),
        made_with={library: version(library) for library in LIBRARIES},
        golden_tolerance=golden.GOLDEN_TOLERANCE[order.precision],
        golden=golden.record(task, prompts),
    )


def _require_replaceable(out: Path) -> None:
    if out.exists() and not (out / MANIFEST_FILE).is_file() and any(out.iterdir()):
        raise PackagingError(f"{out} exists and is no bundle; choose another directory, or empty this one")
