"""The fingerprint of a bundle: equal exactly when every byte that can change an answer is equal."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def file_sha256(file: Path) -> str:
    """64 hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint_of(*, files: Mapping[str, str], tasks: Iterable[str], deciding: Mapping[str, object]) -> str:
    """`sha256:` and 64 hex digits over the files' digests and the settings that decide an answer.

    Neither the order of files or tasks nor what merely describes the bundle (name, source, library versions,
    golden prompts) has a part in it. `files` maps names to SHA-256 digests in hex; `deciding` is the manifest's.
    """
    canonical = json.dumps(
        {"deciding": dict(deciding), "files": dict(files), "schema_version": 2, "tasks": sorted(tasks)},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
    )
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def combined_fingerprint(fingerprints: Iterable[str]) -> str:
    """One for a process that serves several bundles; that of the only bundle if there is one."""
    ordered = sorted(fingerprints)
    if len(ordered) == 1:
        return ordered[0]
    return "sha256:" + hashlib.sha256("\n".join(ordered).encode()).hexdigest()
