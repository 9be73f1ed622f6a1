"""The whole way from a checkpoint to a bundle that has proven itself."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from bert_server.bundle.manifest import MANIFEST_FILE, Manifest
from bert_server.packaging.checkpoint import ENCODER_TYPE, TRANSLATOR_TYPE, Checkpoint, find_checkpoint
from bert_server.packaging.encoder import make_encoder_bundle
from bert_server.packaging.marian import make_translator_bundle
from bert_server.packaging.order import Order
from bert_server.packaging.replacing import require_replaceable

Maker = Callable[[Order, Checkpoint, Path, Callable[[str], object]], Manifest]

_MAKERS: dict[str, Maker] = {ENCODER_TYPE: make_encoder_bundle, TRANSLATOR_TYPE: make_translator_bundle}


def package(order: Order, on_note: Callable[[str], object] = lambda note: None) -> Manifest:
    """Make the bundle at `order.out`, replacing a bundle that is there; `on_note` is told what was left out, and why.

    Raises PackagingError if the checkpoint cannot be used or the result agrees too little with it; then nothing
    is written.
    """
    require_replaceable(order.out)
    checkpoint = find_checkpoint(order.source, order.revision)
    order.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=order.out.parent, prefix=".packaging-") as scratch:
        draft = Path(scratch) / "bundle"
        draft.mkdir()
        manifest = _MAKERS[checkpoint.model_type](order, checkpoint, draft, on_note)
        (draft / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if order.out.exists():
            order.out.rename(Path(scratch) / "replaced")
        draft.rename(order.out)
    return manifest
