from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from devcluster import network
from devcluster.cluster import Cluster
from devcluster.errors import DevClusterError
from devcluster.paths import ClusterPaths
from devcluster.settings import Settings, claim, other_clusters


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEVCLUSTER_STATE", str(tmp_path))
    monkeypatch.setattr(network, "host_networks", list)
    return tmp_path


def claim_for(name: str) -> Settings:
    ClusterPaths.of(name).root.mkdir()
    return claim(name, "full", ("prometheus",))


def test_what_was_claimed_is_read_back(root: Path) -> None:
    claimed = claim_for("t-one")
    assert Settings.load(root / "t-one" / "cluster.json") == claimed
    assert claimed.is_of_this_boot


def test_two_names_never_get_the_same_network_even_when_they_hash_alike(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devcluster.network.zlib", SimpleNamespace(crc32=lambda _: 5))
    assert claim_for("t-one").block != claim_for("t-two").block
    assert other_clusters("t-one") == ["t-two"]
    assert root.exists()


def test_what_another_cluster_tries_out_for_a_moment_is_no_cluster(root: Path) -> None:
    claim_for("t-one")
    (root / "tmp.mL8ZWC4bmA").mkdir()
    assert other_clusters("t-two") == ["t-one"]
    claim_for("t-two")


def test_settings_of_an_earlier_boot_are_known_as_such(root: Path) -> None:
    assert not replace(claim_for("t-one"), boot_id="earlier").is_of_this_boot
    assert root.exists()


def test_half_written_settings_count_as_none(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text('{"profile": "fu')
    assert Settings.load(tmp_path / "cluster.json") is None


def test_asking_for_the_address_of_a_cluster_that_is_not_there_says_how_to_get_it(root: Path) -> None:
    with pytest.raises(DevClusterError, match="there is no cluster 't-none'; run `python -m devcluster up"):
        _ = Cluster("t-none").gateway_url
    assert not Cluster("t-none").is_up
    assert list(root.iterdir()) == []
