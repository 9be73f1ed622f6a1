from __future__ import annotations

from pathlib import Path

import pytest

from devcluster.dockerignore import IgnoreRules


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        ("", "a", False),
        ("# a", "a", False),
        ("a", "a", True),
        ("a", "a/b/c", True),
        ("/a/", "a/b", True),
        ("a", "b/a", False),
        ("**/a", "b/c/a", True),
        ("**/a", "a", True),
        ("*.py", "x.py", True),
        ("*.py", "d/x.py", False),
        ("**/*.py", "d/x.py", True),
        ("a/**", "a/b/c", True),
        ("a?", "ab", True),
        ("a?", "a/", False),
        ("a[0-9]", "a7", True),
        ("a.b", "axb", False),
        ("*\n!keep", "keep", False),
        ("*\n!keep", "other", True),
        ("*\n!keep/deep", "keep/deep/file", False),
        ("!a\na", "a", True),
        ("模型", "模型/词表.txt", True),
    ],
)
def test_the_last_rule_that_matches_decides(rules: str, path: str, ignored: bool) -> None:
    assert IgnoreRules(rules).ignores(path) is ignored


def test_an_exception_is_found_below_an_ignored_directory(tmp_path: Path) -> None:
    for name in ("top.txt", "d/in.txt", "d/out.txt", "e/f/g.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(IgnoreRules("*\n!d/in.txt").files(tmp_path)) == ["d/in.txt"]
    assert list(IgnoreRules("d").files(tmp_path)) == ["top.txt", "e/f/g.txt"]


def test_a_link_to_a_directory_is_listed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "link").symlink_to("real")
    assert sorted(IgnoreRules("").files(tmp_path)) == ["link", "real/file"]
