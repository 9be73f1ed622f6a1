from pathlib import Path
from typing import Any

import pytest

from bert_server.bundle.manifest import EncoderManifest, Precision
from bert_server.bundle.reading import Bundle
from bert_server.engines import selection
from bert_server.engines.probe import Finding, Way
from bert_server.engines.selection import Selection, ways_of
from bert_server.errors import BundleError
from bert_server.models import EncoderModel
from bert_server.settings import Settings

INT8, BF16 = Way(Precision.INT8, 8), Way(Precision.BF16, 8)


class Engine:
    """Says what it was made of; int8 may be refused by the library."""

    def __init__(self, graph_file: Path, precision: Precision, *, threads: int, cache_dir: Path | None) -> None:
        if precision in self.refused:
            raise RuntimeError("no kernel")
        self._said = {"name": "openvino", "file": graph_file.name, "threads": threads, "cache_dir": cache_dir}

    refused: frozenset[Precision] = frozenset()

    def infer(self, batch: object) -> None: ...

    def padded_length(self, tokens: int) -> int:
        return tokens

    def describe(self) -> dict[str, Any]:
        return self._said


class Found:
    """A trial that has found what the test wants."""

    findings_by_way: tuple[Finding, ...] = ()
    made = 0

    def __init__(self) -> None:
        type(self).made += 1

    def findings(self, graphs: dict[Precision, Path], ways: tuple[Way, ...]) -> list[Finding]:
        assert set(graphs) == {way.precision for way in ways}
        return [finding for finding in self.findings_by_way if finding.way in ways]

    def close(self) -> None: ...


@pytest.fixture
def manifest(model: EncoderModel) -> EncoderManifest:
    return model.manifest.model_copy(update={"precisions": (Precision.INT8, Precision.BF16)})


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "usable_cpus", lambda: 8)
    monkeypatch.setattr(selection, "Trial", Found)
    monkeypatch.setattr("bert_server.engines.openvino.OpenVinoEngine", Engine)
    monkeypatch.setattr(Found, "made", 0)
    monkeypatch.setattr(Found, "findings_by_way", (Finding(INT8, 1.0), Finding(BF16, 2.0)))


def test_every_precision_is_a_way_and_fewer_threads_are_if_that_can_be_remembered(
    manifest: EncoderManifest, tmp_path: Path
) -> None:
    assert ways_of(manifest, Settings(), 8) == (INT8, BF16)
    fewer = (Way(Precision.INT8, 4), Way(Precision.INT8, 2))
    assert ways_of(manifest, Settings(cache_dir=tmp_path), 8) == (INT8, BF16, *fewer)
    assert ways_of(manifest, Settings(cache_dir=tmp_path), 1) == (Way(Precision.INT8, 1), Way(Precision.BF16, 1))


def test_what_the_settings_say_is_not_asked_again(manifest: EncoderManifest, tmp_path: Path) -> None:
    settings = Settings(precision="bf16", threads=3, cache_dir=tmp_path)
    assert ways_of(manifest, settings, 8) == (Way(Precision.BF16, 3),)


def test_a_precision_that_the_bundle_lacks_is_refused_with_those_it_has(manifest: EncoderManifest) -> None:
    with pytest.raises(BundleError, match="holds int8, bf16, not fp32; set --precision auto"):
        Selection(manifest, Settings(precision="fp32"))


def test_the_fastest_way_is_taken_and_says_why(manifest: EncoderManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Found, "findings_by_way", (Finding(BF16, 1.0), Finding(INT8, 2.0)))
    said = _open(manifest, Settings())
    assert said["file"] == "model-bf16.xml"
    assert "bf16 with 8 threads 1.00 ms" in said["chosen_because"]


def test_with_one_way_nothing_is_tried(manifest: EncoderManifest) -> None:
    said = _open(manifest, Settings(precision="int8"))
    assert (said["file"], said["threads"], Found.made) == ("model-int8.xml", 8, 0)


def test_a_choice_is_remembered_and_the_next_start_tries_nothing(manifest: EncoderManifest, tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path)
    first, second = _open(manifest, settings), _open(manifest, settings)
    assert first == second
    assert Found.made == 1


def test_what_the_library_refuses_after_all_gives_way_to_the_next(
    manifest: EncoderManifest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Engine, "refused", frozenset({Precision.INT8}))
    assert _open(manifest, Settings())["file"] == "model-bf16.xml"
    assert "int8 with 8 threads: no kernel" in caplog.text


def test_a_remembered_choice_that_fails_gives_way_to_the_others(
    manifest: EncoderManifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(cache_dir=tmp_path)
    _open(manifest, settings)
    monkeypatch.setattr(Engine, "refused", frozenset({Precision.INT8}))
    assert _open(manifest, settings)["file"] == "model-bf16.xml"


@pytest.mark.parametrize("findings", [(), (Finding(INT8, 1.0), Finding(BF16, 2.0))])
def test_if_nothing_computes_the_bundle_the_error_says_what_to_do(
    manifest: EncoderManifest, monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...]
) -> None:
    monkeypatch.setattr(Found, "findings_by_way", findings)
    monkeypatch.setattr(Engine, "refused", frozenset(Precision))
    with pytest.raises(BundleError, match=r"OpenVINO cannot compute .*; package the model again"):
        _open(manifest, Settings())


def test_torch_is_refused_without_a_checkpoint_in_the_bundle(manifest: EncoderManifest) -> None:
    with pytest.raises(BundleError, match="holds no checkpoint for torch; package it again --with-checkpoint"):
        Selection(manifest, Settings(engine="torch"))


def test_torch_is_refused_where_it_is_not_installed(manifest: EncoderManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "find_spec", lambda name: None)
    with pytest.raises(BundleError, match="torch is not installed here"):
        Selection(manifest.model_copy(update={"has_checkpoint": True}), Settings(engine="torch"))


def _open(manifest: EncoderManifest, settings: Settings) -> dict[str, Any]:
    return Selection(manifest, settings).open(Bundle(Path("bundle"), manifest)).describe()
