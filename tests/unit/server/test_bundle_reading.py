import json
from pathlib import Path

import pytest

from bert_server.bundle.manifest import CONFIG_FILE, MANIFEST_FILE, TOKENIZER_FILE, Precision
from bert_server.bundle.reading import open_bundle, read_manifest
from bert_server.errors import BundleError

CONTENT_FILES = (CONFIG_FILE, TOKENIZER_FILE, Precision.FP32.graph_file, Precision.FP32.weights_file)


def test_an_untouched_bundle_opens(bundle_directory: Path) -> None:
    opened = open_bundle(bundle_directory)
    assert opened.manifest == read_manifest(bundle_directory)
    assert opened.fingerprint == opened.manifest.fingerprint


@pytest.mark.parametrize("name", CONTENT_FILES)
def test_a_changed_file_is_refused_with_its_name_and_both_digests(bundle_directory: Path, name: str) -> None:
    expected = read_manifest(bundle_directory).files[name]
    with (bundle_directory / name).open("a") as file:
        file.write("x")
    with pytest.raises(BundleError, match=f"{name} was changed or damaged: expected sha256 {expected}, found [0-9a-f]"):
        open_bundle(bundle_directory)


@pytest.mark.parametrize("name", CONTENT_FILES)
def test_a_missing_file_is_refused_by_name(bundle_directory: Path, name: str) -> None:
    (bundle_directory / name).unlink()
    with pytest.raises(BundleError, match=f"cannot read .*{name} .*incomplete"):
        open_bundle(bundle_directory)


def test_a_file_that_the_manifest_forgot_is_refused(bundle_directory: Path) -> None:
    _edit(bundle_directory, lambda manifest: manifest["files"].pop("tokenizer.json"))
    with pytest.raises(BundleError, match=r"says nothing about tokenizer\.json"):
        open_bundle(bundle_directory)


def test_an_edited_setting_breaks_the_fingerprint(bundle_directory: Path) -> None:
    _edit(bundle_directory, lambda manifest: manifest.update(max_tokens=99))
    with pytest.raises(BundleError, match=r"manifest\.json was edited"):
        open_bundle(bundle_directory)


def test_a_file_that_is_listed_beyond_what_is_needed_is_verified_too(bundle_directory: Path) -> None:
    _edit(bundle_directory, lambda manifest: manifest["files"].update({"notes.txt": "0" * 64}))
    with pytest.raises(BundleError, match=r"cannot read .*notes\.txt"):
        open_bundle(bundle_directory)


def test_an_empty_directory_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no bundle at .*bert-server package"):
        open_bundle(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("schema_version", 1), ("precisions", ["fp8"]), ("fingerprint", "latest"), ("surprise", 1), ("family", "decoder")],
)
def test_a_manifest_of_another_kind_is_refused_with_the_field(
    bundle_directory: Path, field: str, value: object
) -> None:
    _edit(bundle_directory, lambda manifest: manifest.update({field: value}))
    with pytest.raises(BundleError, match=f"{field}.*package the model again"):
        read_manifest(bundle_directory)


def _edit(directory: Path, change: object) -> None:
    file = directory / MANIFEST_FILE
    manifest = json.loads(file.read_text())
    assert callable(change)
    change(manifest)
    file.write_text(json.dumps(manifest))
