import json
from pathlib import Path

import pytest

from bert_server.bundle.manifest import MANIFEST_FILE
from bert_server.errors import PackagingError
from bert_server.packaging.replacing import require_replaceable


def test_a_bundle_is_replaced(bundle_directory: Path) -> None:
    require_replaceable(bundle_directory)


def test_a_bundle_of_another_version_or_with_files_missing_is_replaced(bundle_directory: Path) -> None:
    file = bundle_directory / MANIFEST_FILE
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"schema_version": 1, "another_field": 1}))
    next(other for other in bundle_directory.iterdir() if other != file).unlink()
    require_replaceable(bundle_directory)


def test_an_empty_directory_and_none_are_replaced(tmp_path: Path) -> None:
    require_replaceable(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    require_replaceable(tmp_path / "empty")


@pytest.mark.parametrize(
    "manifest",
    ['{"name": "My web app", "icons": []}', '{"schema_version": 2, "fingerprint": "", "files": 1}', "[]", "no JSON"],
)
def test_a_directory_with_the_manifest_of_something_else_is_not(tmp_path: Path, manifest: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(manifest)
    with pytest.raises(PackagingError, match="is no bundle; choose another directory"):
        require_replaceable(tmp_path)


def test_a_bundle_with_something_else_beside_it_is_not(bundle_directory: Path) -> None:
    (bundle_directory / "thesis.tex").write_text("years of work")
    with pytest.raises(PackagingError, match=r"thesis\.tex is there"):
        require_replaceable(bundle_directory)


def test_a_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PackagingError, match="is no bundle"):
        require_replaceable(tmp_path / "file")
