"""What to package, and how."""

from dataclasses import dataclass
from pathlib import Path

from bert_server.bundle.manifest import Precision

DEFAULT_PRECISIONS = (Precision.INT8, Precision.BF16)
DEFAULT_MIN_AGREEMENT = 0.99


@dataclass(frozen=True)
class Order:
    """`precisions` are those to try, the preferred one first. `min_agreement` is the share (0 to 1) of masks at which
    the best token must stay the same, or the mean cosine of vectors if the model has no vocabulary head.
    `with_checkpoint` keeps the checkpoint's own weights in the bundle, for the torch engine."""

    source: str
    out: Path
    texts: Path
    name: str
    precisions: tuple[Precision, ...] = DEFAULT_PRECISIONS
    revision: str | None = None
    min_agreement: float = DEFAULT_MIN_AGREEMENT
    with_checkpoint: bool = False
