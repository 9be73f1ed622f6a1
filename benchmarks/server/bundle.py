"""The model that is measured, as a checkpoint for the others and as an int8 bundle for ours."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Final

from rich.console import Console

import bert_server
from benchmarks.server.checkpoint import random_checkpoint
from bert_server.bench.texts import Lengths, texts
from bert_server.bench.workload import MODEL_NAME
from bert_server.bundle.fingerprint import file_sha256
from bert_server.bundle.manifest import Precision
from bert_server.bundle.reading import read_manifest
from examples.models.cache import cached_directory, digest_of
from examples.models.texts import CLOZE_FILE

CALIBRATION_TEXTS: Final = 64
MIN_AGREEMENT: Final = 0.99


@dataclass(frozen=True)
class MeasuredModel:
    """`is_random`: its answers mean nothing, so int8 need not agree with fp32."""

    checkpoint: Path
    bundle: Path
    is_random: bool

    def describe(self) -> dict[str, Any]:
        """What stands beside the figures."""
        manifest = read_manifest(self.bundle)
        weights = "random, agreement of int8 with fp32 not asked for" if self.is_random else manifest.source.reference
        return {"weights": weights, "fingerprint": manifest.fingerprint, **manifest.quality}


def packaged(checkpoint: Path | None, texts_file: Path | None, console: Console) -> MeasuredModel:
    """Of real weights, or of random ones if there is no checkpoint; made now unless the cache has it.

    Raises PackagingError if int8 agrees with the real weights on less than 99 % of the texts (by default the demo's).
    """
    if checkpoint is None:
        console.print("[dim]weights are random: int8 is not compared with fp32 here, only timed")
        source = random_checkpoint()
        return MeasuredModel(source, _bundle(source, _write_random_texts, 0.0, "random texts"), is_random=True)
    file = texts_file or CLOZE_FILE
    content = file.read_text(encoding="utf-8")
    weights = [file_sha256(weights) for weights in sorted(checkpoint.glob("*.safetensors"))]

    def copy_texts(target: Path) -> None:
        target.write_text(content, encoding="utf-8")

    return MeasuredModel(checkpoint, _bundle(checkpoint, copy_texts, MIN_AGREEMENT, weights, content), is_random=False)


def _bundle(source: Path, write_texts: Callable[[Path], None], min_agreement: float, *content: object) -> Path:
    server = Path(bert_server.__file__).parent
    makers = [server / "engines/openvino.py", *server.glob("engines/torch_engine/*.py")]
    makers += [*server.glob("packaging/*.py"), *server.glob("bundle/*.py")]
    libraries = [version(name) for name in ("openvino", "nncf", "torch", "transformers")]
    digest = digest_of(source.name, min_agreement, content, libraries, files=sorted(makers))

    def make(directory: Path) -> None:
        from bert_server.packaging.order import Order
        from bert_server.packaging.package import package

        texts_file = directory.parent / "texts.txt"
        write_texts(texts_file)
        package(
            Order(
                source=str(source),
                out=directory,
                texts=texts_file,
                name=MODEL_NAME,
                precisions=(Precision.INT8,),
                min_agreement=min_agreement,
            )
        )

    return cached_directory("bundle-benchmark", digest, make)


def _write_random_texts(file: Path) -> None:
    lines = islice(texts(Lengths(), "calibration"), CALIBRATION_TEXTS)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
