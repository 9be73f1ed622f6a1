"""The fingerprint of a bundle: equal exactly when every byte that can change an answer is equal."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def file_sha256(file: Path) -> str:
    """64 hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint_of(
    *, files: Mapping[str, str], tasks: Iterable[str], precision: str, max_tokens: int, mask_token: str
) -> str:
    """`sha256:` and 64 hex digits over the files' digests and the settings that decide an answer.

    Neither the order of files or tasks nor what merely describes the bundle (name, source, library versions,
    golden prompts) has a part in it. `files` maps names to SHA-256 digests in hex.
    """
    canonical = json.dumps(
        {
            "files": dict(files),
            "mask_token": mask_token,
            "max_tokens": max_tokens,
            "precision": precision,
            "schema_version": 1,
            "tasks": sorted(tasks),
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
    )
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
