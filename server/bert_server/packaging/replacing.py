"""What may be deleted to make room for a new bundle."""

import json
from pathlib import Path
from typing import Any

from bert_server.bundle.manifest import MANIFEST_FILE
from bert_server.errors import PackagingError


def require_replaceable(out: Path) -> None:
    """Nothing, an empty directory, or a bundle and nothing else, of this or another version and whole or not.

    Raises PackagingError.
    """
    if not out.exists():
        return
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() else {out.name}
    strangers = sorted(entries - _bundle_files(out / MANIFEST_FILE))
    if strangers:
        raise PackagingError(
            f"{out} exists and is no bundle; choose another directory, or empty this one: {strangers[0]} is there"
        )


def _bundle_files(manifest_file: Path) -> set[str]:
    """Those of the bundle that the manifest is of; none if it is of something else."""
    try:
        manifest: Any = json.loads(manifest_file.read_bytes())
    except (OSError, ValueError):
        return set()
    if not isinstance(manifest, dict) or not {"schema_version", "fingerprint", "files"} <= manifest.keys():
        return set()
    return {MANIFEST_FILE, *manifest["files"]} if isinstance(manifest["files"], dict) else set()
