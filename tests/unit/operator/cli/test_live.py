"""`status --watch`, with and without a screen."""

import pytest

from bertrelease_operator.cli.cluster import Changed, Deleted, Interrupted, Listed
from bertrelease_operator.cli.errors import ConnectionLostError, ForbiddenError
from tests.unit.operator.cli.builders import ANALYZING, HEALTHY, ROLLED_BACK, manifest
from tests.unit.operator.cli.conftest import Plugin
from tests.unit.operator.cli.fake_cluster import FakeCluster

END = ForbiddenError("you may not watch any more")
NOON = "2026-03-01T12:00:00Z  "


def test_without_a_screen_each_change_is_a_line_and_repetitions_are_none(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.tell(Changed(manifest(HEALTHY, annotations={"some": "thing"})), Changed(manifest(ANALYZING)), END)
    outcome = plugin(cluster, "status", "fill-mask", "--watch")
    assert outcome.out.splitlines() == [
        f"{NOON}shop/fill-mask  Healthy  v1.1.0=100%  v1.1.0 serves.",
        f"{NOON}shop/fill-mask  Analyzing  v1.0.0=90% v1.1.0=10%  Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive.",
    ]
    assert (outcome.code, outcome.err) == (1, "error: you may not watch any more\n")


def test_a_broken_connection_is_told_and_so_is_its_return(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.tell(Interrupted("no answer."), Interrupted("no answer."), Listed((manifest(HEALTHY),)), END)
    outcome = plugin(cluster, "status", "--watch")
    assert outcome.out.splitlines() == [
        f"{NOON}shop/fill-mask  Healthy  v1.1.0=100%  v1.1.0 serves.",
        f"{NOON}! no answer.",
        f"{NOON}! connected again",
    ]


def test_releases_that_come_and_go_are_told(plugin: Plugin) -> None:
    cluster = FakeCluster()
    cluster.tell(Changed(manifest(HEALTHY)), Deleted("shop", "fill-mask"), END)
    assert plugin(cluster, "status", "-A", "-w").out.splitlines() == [
        f"{NOON}shop/fill-mask  Healthy  v1.1.0=100%  v1.1.0 serves.",
        f"{NOON}shop/fill-mask  deleted",
    ]


def test_the_watch_of_one_release_ends_when_it_is_deleted(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.tell(Deleted("shop", "fill-mask"))
    outcome = plugin(cluster, "status", "fill-mask", "--watch")
    assert (outcome.code, outcome.err) == (1, "error: fill-mask was deleted from namespace shop\n")


def test_ctrl_c_ends_the_watch_silently(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.tell(KeyboardInterrupt())
    outcome = plugin(cluster, "status", "fill-mask", "--watch", terminal=True)
    assert (outcome.code, outcome.err) == (130, "")
    assert "Healthy" in outcome.out


def test_a_screen_shows_the_whole_picture_and_the_interruption(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    cluster.tell(Interrupted("no answer."), END)
    out = plugin(cluster, "status", "fill-mask", "--watch", terminal=True).out
    assert "▶ 10 %" in out
    assert "! no answer. Trying again." in out


def test_a_screen_with_all_releases_shows_the_table(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ROLLED_BACK))
    cluster.tell(END)
    assert "NAMESPACE  NAME       PHASE       SERVING" in plugin(cluster, "status", "-A", "-w", terminal=True).out
    nothing = FakeCluster()
    nothing.tell(END)
    assert "No BertReleases yet." in plugin(nothing, "status", "-w", terminal=True).out


def test_the_record_is_read_again_only_when_something_is_recorded(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    further = {**ANALYZING, "message": "Judging v1.1.0 at 10 % (step 1 of 3): Pass."}
    cluster.tell(Changed(manifest(further)), Changed(manifest(ROLLED_BACK)), END)
    plugin(cluster, "status", "fill-mask", "--watch")
    assert cluster.calls.count("revisions") == 2


def test_a_record_that_cannot_be_read_now_does_not_end_the_watch(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    cluster.refusals["revisions"] = ConnectionLostError("the API server cannot answer now: storage is (re)initializing")
    again = manifest(ROLLED_BACK, annotations={"some": "thing"})
    cluster.tell(Changed(manifest(ROLLED_BACK)), Changed(again), END)
    outcome = plugin(cluster, "status", "fill-mask", "--watch")
    assert "RolledBack" in outcome.out
    assert outcome.err == "error: you may not watch any more\n"
    assert cluster.calls.count("revisions") > 2, "it is tried again"


def test_nothing_is_shown_before_the_cluster_has_answered(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bertrelease_operator.cli.live._TICK_SECONDS", 0.01)
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.listing_delay_seconds = 0.1
    cluster.tell(END)
    out = plugin(cluster, "status", "-w", terminal=True).out
    assert "No BertReleases yet." not in out
    assert "fill-mask" in out
