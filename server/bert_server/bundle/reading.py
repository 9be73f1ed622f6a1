"""Opening a bundle: nothing is used before every byte has been checked against the manifest."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bert_server.bundle.fingerprint import file_sha256, fingerprint_of
from bert_server.bundle.manifest import MANIFEST, MANIFEST_FILE, Manifest
from bert_server.errors import BundleError

# Hashing leaves the interpreter's lock: files are read side by side.
HASHING_THREADS = 4


@dataclass(frozen=True)
class Bundle:
    """A directory whose content agrees with its manifest."""

    directory: Path
    manifest: Manifest

    @property
    def fingerprint(self) -> str:
        return self.manifest.fingerprint

    def file(self, name: str) -> Path:
        return self.directory / name


def read_manifest(directory: Path) -> Manifest:
    """Raises BundleError if there is no bundle, or one that this server does not understand."""
    file = directory / MANIFEST_FILE
    try:
        return MANIFEST.validate_json(file.read_bytes())
    except OSError as error:
        raise BundleError(
            f"no bundle at {directory}: cannot read {file.name} ({error.strerror}); "
            f"make one with `bert-server package` and point --bundle at its directory"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise BundleError(
            f"{file}: {where}: {first['msg']}; package the model again with this version of bert-server"
        ) from error


def open_bundle(directory: Path) -> Bundle:
    """Verify every file and the fingerprint. Raises BundleError naming the file, what was expected, what was found."""
    manifest = read_manifest(directory)
    names = sorted({*manifest.required_files(), *manifest.files})
    with ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="hashing") as pool:
        # All of them are waited for; the first by name that is wrong is reported.
        list(pool.map(lambda name: _verify_file(directory / name, manifest.files.get(name)), names))
    _verify_fingerprint(directory, manifest)
    return Bundle(directory, manifest)


def _verify_file(file: Path, expected_sha256: str | None) -> None:
    if expected_sha256 is None:
        raise BundleError(f"{file.parent / MANIFEST_FILE} says nothing about {file.name}; package the model again")
    try:
        found = file_sha256(file)
    except OSError as error:
        raise BundleError(
            f"cannot read {file} ({error.strerror}), which the manifest lists; the bundle is incomplete: copy it again"
        ) from error
    if found != expected_sha256:
        raise BundleError(
            f"{file} was changed or damaged: expected sha256 {expected_sha256}, found {found} "
            f"({file.stat().st_size} bytes); copy the bundle again or package the model again"
        )


def _verify_fingerprint(directory: Path, manifest: Manifest) -> None:
    found = fingerprint_of(files=manifest.files, tasks=manifest.tasks, deciding=manifest.deciding())
    if found != manifest.fingerprint:
        raise BundleError(
            f"{directory / MANIFEST_FILE} was edited: its fingerprint says {manifest.fingerprint}, "
            f"its content gives {found}; package the model again"
        )
