from __future__ import annotations

from pathlib import Path

import pytest

from devcluster.errors import DevClusterError
from devcluster.paths import ClusterPaths, cache_dir, check_name

LONGEST_NAME = "a" * 20
UNIX_SOCKET_PATH_LIMIT = 107


@pytest.mark.parametrize("name", ["dev", "t-1", LONGEST_NAME])
def test_a_fitting_name_is_kept(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "Dev", "1dev", "-dev", "dev-", "a/b", "..", "a b", "a" * 21, "床前"])
def test_a_name_that_cannot_be_part_of_a_file_name_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(DevClusterError, match="for example `dev`"):
        check_name(name)


def test_the_longest_name_still_gives_a_socket_path_that_the_kernel_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEVCLUSTER_STATE", raising=False)
    assert len(str(ClusterPaths.of(LONGEST_NAME).containerd_socket)) <= UNIX_SOCKET_PATH_LIMIT


def test_the_cache_follows_its_own_variable_then_the_xdg_one_then_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("BERTRELEASE_CACHE", raising=False)
    assert cache_dir() == Path("/home/someone/.cache/bertrelease")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_dir() == Path("/xdg/bertrelease")
    monkeypatch.setenv("BERTRELEASE_CACHE", "/explicit")
    assert cache_dir() == Path("/explicit")
