from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from devcluster import gotools
from devcluster.gotoolchain import parse_version
from devcluster.gotools import FAMILIES, Family, default_program_name, family_dir, family_key, toolbox


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Family:
    """The pause family, with its source in a scratch directory."""
    shutil.copytree(gotools.SOURCES / "pause", tmp_path / "sources" / "pause")
    monkeypatch.setattr(gotools, "SOURCES", tmp_path / "sources")
    return gotools.PAUSE


def test_the_key_stays_the_same_while_nothing_changes(family: Family) -> None:
    assert family_key(family) == family_key(family)


def test_the_key_changes_with_the_pinned_sources(family: Family) -> None:
    before = family_key(family)
    (family.source / "go.sum").write_text("example.com/module v1.0.0 h1:x\n")
    assert family_key(family) != before


@pytest.mark.parametrize(
    "change",
    [{"tags": "t"}, {"variables": {"v": "1"}}, {"packages": {"other": "x"}}, {"assets": {"a": ("m", "p")}}],
)
def test_the_key_changes_with_every_option_of_the_build(family: Family, change: dict[str, object]) -> None:
    changed = replace(family, **change)  # type: ignore[arg-type]
    assert family_key(changed) != family_key(family)


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("go.etcd.io/etcd/server/v3", "server"),
        ("helm.sh/helm/v4/cmd/helm", "helm"),
        ("github.com/coredns/coredns", "coredns"),
    ],
)
def test_a_program_is_called_after_the_last_element_that_is_no_version(package: str, name: str) -> None:
    assert default_program_name(package) == name


def test_every_family_is_pinned_by_a_module_with_checksums() -> None:
    for family in FAMILIES:
        names = {file.name for file in family.source.iterdir()}
        assert {"go.mod", "go.sum"} <= names or family is gotools.PAUSE, family.name


def test_the_toolbox_holds_every_program_under_its_name(tmp_path: Path) -> None:
    for family in FAMILIES:
        family_dir(tmp_path, family).mkdir(parents=True)
        for name in family.packages:
            (family_dir(tmp_path, family) / name).write_text(name)
    programs = {name for family in FAMILIES for name in family.packages}
    assert {link.name: link.read_text() for link in toolbox(tmp_path).iterdir()} == {name: name for name in programs}
    assert toolbox(tmp_path) == toolbox(tmp_path)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.6 linux/amd64", (1, 26, 6)),
        ("go version go1.27 linux/amd64", (1, 27, 0)),
        ("go version devel", ()),
    ],
)
def test_the_version_of_go_is_read_from_what_it_prints(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version
