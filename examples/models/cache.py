"""What took time to make is kept outside the tree, under a digest of everything it was made from."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path


def models_cache() -> Path:
    """`models` under `$BERTRELEASE_CACHE`, by default `bertrelease` in the user's cache directory."""
    explicit = os.environ.get("BERTRELEASE_CACHE")
    user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(explicit).absolute() if explicit else user_cache / "bertrelease") / "models"


def digest_of(*values: object, files: Iterable[Path] = ()) -> str:
    """24 hex digits over the values' texts, and the files' names and contents, in the order given."""
    digest = hashlib.sha256(repr(values).encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:24]


def cached_directory(name: str, digest: str, make: Callable[[Path], None]) -> Path:
    """The directory that `make` fills, made only if this digest was not made before.

    Appears under its name when it is complete, so an interrupted run leaves nothing that looks finished.
    """
    place = models_cache() / f"{name}-{digest}"
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".making-") as scratch:
        draft = Path(scratch) / name
        draft.mkdir()
        make(draft)
        if not place.is_dir():  # somebody else may have been faster
            draft.rename(place)
    return place


def copy_out(source: Path, target: Path) -> None:
    """Replace `target` by a copy of `source`."""
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)
