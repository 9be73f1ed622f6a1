"""Finding a checkpoint and refusing what must not be loaded."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from bert_server.bundle.fingerprint import file_sha256
from bert_server.errors import PackagingError

ENCODER_TYPE, TRANSLATOR_TYPE = "bert", "marian"
SUPPORTED_MODEL_TYPES = (ENCODER_TYPE, TRANSLATOR_TYPE)
PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
HUB_FILES = ["*.safetensors", "*config.json", "tokenizer.json", "vocab.txt", "vocab.json", "*.spm"]


@dataclass(frozen=True)
class Checkpoint:
    """A local directory with config.json, safetensors and a tokenizer.

    `reference` is what a bundle says of its source: the hub's name, or a directory's name without its path.
    `model_type` is one of SUPPORTED_MODEL_TYPES.
    """

    reference: str
    directory: Path
    model_type: str

    @property
    def weights_sha256(self) -> str:
        """Of the weights file, or of its shards' digests in the order of their names."""
        digests = [file_sha256(file) for file in sorted(self.directory.glob("*.safetensors"))]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def find_checkpoint(reference: str, revision: str | None = None) -> Checkpoint:
    """A local directory, else a repository of the Hugging Face hub, which is downloaded.

    Raises PackagingError if there is no such checkpoint, its weights are not safetensors, or it is of no type that can
    be packaged.
    """
    if Path(reference).is_dir():
        name, directory = Path(reference).resolve().name, Path(reference)
    else:
        name, directory = f"{reference}@{revision}" if revision else reference, _download(reference, revision)
    _require_safetensors(directory)
    return Checkpoint(name, directory, _supported_model_type(directory))


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=HUB_FILES))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise PackagingError(
            f"{repository!r} is no directory here, and the hub did not give it ({type(error).__name__}); "
            f"check the name and the network, or download the checkpoint and name its directory"
        ) from error


def _require_safetensors(directory: Path) -> None:
    if any(directory.glob("*.safetensors")):
        return
    pickles = sorted(file.name for file in directory.iterdir() if file.suffix in PICKLE_SUFFIXES)
    if pickles:
        raise PackagingError(
            f"{directory} holds its weights as {', '.join(pickles)}, a pickle, which can run any code when it is "
            f"loaded; load it once in a place you trust and write it with "
            f"`model.save_pretrained(directory)`, which gives model.safetensors"
        )
    raise PackagingError(f"{directory} holds no weights: expected model.safetensors beside config.json")


def _supported_model_type(directory: Path) -> str:
    file = directory / "config.json"
    try:
        model_type = json.loads(file.read_bytes()).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise PackagingError(f"cannot read {file}: {error}; a checkpoint needs its config.json") from error
    if model_type not in SUPPORTED_MODEL_TYPES:
        raise PackagingError(
            f"{file}: model_type is {model_type!r}; only {' and '.join(SUPPORTED_MODEL_TYPES)} can be packaged"
        )
    return str(model_type)
