"""The commands as a person types them, against a cluster in memory that answers, refuses or keeps silent."""

import json
from typing import Any

import pytest
import yaml

from bertrelease_operator.api.names import ANNOTATION_APPROVE, ANNOTATION_COMMAND
from bertrelease_operator.cli.cluster import Deleted
from bertrelease_operator.cli.errors import CliError, ConnectionLostError, ForbiddenError
from bertrelease_operator.core.gates.approval import GivenApproval, parse_approval
from tests.unit.operator.cli.builders import (
    ANALYZING,
    HEALTHY,
    ROLLED_BACK,
    ago,
    deployment_manifest,
    manifest,
    revision_manifest,
    rollout,
)
from tests.unit.operator.cli.conftest import Plugin
from tests.unit.operator.cli.fake_cluster import FakeCluster


def handles(**status: Any) -> Any:
    """An operator that handles the command, after which the status has these fields."""

    def operate(item: dict[str, Any]) -> None:
        item["status"] = {
            **item["status"],
            **status,
            "handledCommand": item["metadata"]["annotations"].get(ANNOTATION_COMMAND),
        }

    return operate


PROMOTES = handles(rollout=rollout(stage="Switching", byHand=True))


def test_promote_binds_the_request_to_the_version_that_was_seen(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING), operator=PROMOTES)
    outcome = plugin(cluster, "promote", "brel/fill-mask")
    verb, version, identity = cluster.command.split()
    assert (verb, version) == ("promote", "v1.1.0")
    assert len(identity) == 8
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "bertrelease.bertrelease.io/fill-mask promoted",
        "v1.1.0 gets all traffic and is watched for 1800 s more.",
    ]


def test_each_use_is_a_request_of_its_own(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    for _ in range(2):
        plugin(cluster, "promote", "fill-mask", "--no-wait")
    first, second = (patch["metadata"]["annotations"][ANNOTATION_COMMAND] for patch in cluster.patches)
    assert first != second


def test_without_waiting_only_the_request_is_reported(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    outcome = plugin(cluster, "abort", "fill-mask", "--no-wait")
    assert (outcome.code, outcome.out) == (0, "bertrelease.bertrelease.io/fill-mask abort requested\n")
    assert cluster.command.startswith("abort v1.1.0 ")
    assert "watch_releases" not in cluster.calls


def test_an_absent_operator_is_reported_and_the_request_stays(plugin: Plugin) -> None:
    outcome = plugin(FakeCluster(manifest(ANALYZING)), "promote", "fill-mask", "--timeout", "0.1")
    assert outcome.code == 1
    assert outcome.err.startswith(
        "error: 'promote v1.1.0' was requested, but: no operator has carried it out within 0.1 s. It stays requested."
    )


def test_a_request_that_came_to_nothing_is_a_failure(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING), operator=handles(message="v1.0.0 serves.", rollout=None))
    outcome = plugin(cluster, "promote", "fill-mask")
    assert outcome.code == 1
    assert outcome.err == "error: the operator found nothing to promote for v1.1.0 any more: v1.0.0 serves.\n"


def test_a_request_that_another_one_overtook_is_reported(plugin: Plugin) -> None:
    def somebody_else(item: dict[str, Any]) -> None:
        item["metadata"]["annotations"][ANNOTATION_COMMAND] = "abort v1.1.0 ffff"

    outcome = plugin(FakeCluster(manifest(ANALYZING), operator=somebody_else), "promote", "fill-mask")
    assert outcome.code == 1
    assert "another request, 'abort v1.1.0 ffff', came right after it" in outcome.err


def test_a_release_that_is_deleted_while_waiting_is_reported(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    cluster.tell(Deleted("shop", "fill-mask"))
    outcome = plugin(cluster, "promote", "fill-mask")
    assert (outcome.code, "fill-mask was deleted meanwhile" in outcome.err) == (1, True)


def test_a_person_who_may_patch_but_not_watch_learns_that_the_request_was_made(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    cluster.refusals["watch_releases"] = ForbiddenError("you may not watch bertreleases.bertrelease.io")
    outcome = plugin(cluster, "promote", "fill-mask")
    assert outcome.code == 1
    assert outcome.err == (
        "error: 'promote v1.1.0' was requested, but: you may not watch bertreleases.bertrelease.io\n"
    )


def test_a_refused_write_is_a_failure(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    cluster.refusals["patch_release"] = ForbiddenError("you (jo) may not patch bertreleases.bertrelease.io")
    outcome = plugin(cluster, "promote", "fill-mask")
    assert (outcome.code, outcome.err) == (1, "error: you (jo) may not patch bertreleases.bertrelease.io\n")


def test_nothing_to_promote_is_a_failure_that_tells_the_state(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    outcome = plugin(cluster, "promote", "fill-mask")
    assert (outcome.code, outcome.err) == (1, "error: there is no candidate to promote: v1.1.0 serves.\n")
    assert cluster.patches == []


def test_retry_takes_the_version_that_was_taken_back(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ROLLED_BACK), operator=handles(concluded=None, phase="Progressing"))
    cluster.stored_revisions = [revision_manifest("v1.0.0"), revision_manifest("v1.1.0", "Unproven")]
    outcome = plugin(cluster, "retry", "fill-mask")
    assert outcome.code == 0
    assert cluster.command.startswith("retry v1.1.0 ")
    assert outcome.out.startswith("bertrelease.bertrelease.io/fill-mask retried\nv1.1.0 starts again.")


def test_pause_and_resume_change_only_the_users_own_field(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(ANALYZING))
    paused = plugin(cluster, "pause", "fill-mask")
    again = plugin(cluster, "pause", "fill-mask")
    resumed = plugin(cluster, "resume", "fill-mask")
    assert cluster.patches == [{"spec": {"paused": True}}, {"spec": {"paused": False}}]
    assert paused.out.startswith(
        "bertrelease.bertrelease.io/fill-mask paused\nv1.1.0 stays at 10 % of the traffic until it is resumed."
    )
    assert (again.code, again.err) == (
        1,
        "error: fill-mask is paused already; go on with: kubectl bert resume fill-mask -n shop\n",
    )
    assert (resumed.code, resumed.out.splitlines()[0]) == (0, "bertrelease.bertrelease.io/fill-mask resumed")


def test_a_pause_of_a_switch_says_what_the_route_gives_the_candidate(plugin: Plugin) -> None:
    weights = {"applied": {"v1.0.0": 25, "v1.1.0": 75}}
    switching = {**ANALYZING, "phase": "Progressing", "rollout": rollout(stage="Switching"), "weights": weights}
    outcome = plugin(FakeCluster(manifest(switching)), "pause", "fill-mask")
    assert "v1.1.0 stays at 75 % of the traffic until it is resumed." in outcome.out


def test_a_pause_says_that_it_does_not_hold_a_switch_back(plugin: Plugin) -> None:
    back = {**ANALYZING, "phase": "Progressing", "rollout": rollout(stage="Switching", analysed=False)}
    outcome = plugin(FakeCluster(manifest(back)), "pause", "fill-mask")
    assert "The switch back to v1.1.0 goes on; no new version starts until it is resumed." in outcome.out


def test_a_pause_without_a_candidate_says_what_it_means(plugin: Plugin) -> None:
    outcome = plugin(FakeCluster(manifest(HEALTHY)), "pause", "fill-mask")
    assert "No new version starts until it is resumed." in outcome.out


def test_resume_after_a_long_outage_is_a_request_to_the_operator(plugin: Plugin) -> None:
    waiting = {**ANALYZING, "phase": "Paused", "rollout": rollout(stageEnteredAt=ago(1000), blindSince=ago(950))}
    cluster = FakeCluster(manifest(waiting), operator=handles(rollout=rollout()))
    outcome = plugin(cluster, "resume", "fill-mask")
    assert cluster.command.startswith("resume v1.1.0 ")
    assert outcome.out.splitlines() == [
        "bertrelease.bertrelease.io/fill-mask resumed",
        "v1.1.0 is judged anew at its step.",
    ]


def test_a_release_that_goes_on_anyway_cannot_be_resumed(plugin: Plugin) -> None:
    outcome = plugin(FakeCluster(manifest(ANALYZING)), "resume", "fill-mask")
    assert (outcome.code, outcome.err) == (
        1,
        "error: fill-mask is not paused: Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive.\n",
    )


def test_an_unknown_name_brings_up_similar_ones(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY), manifest(HEALTHY, name="translate"))
    outcome = plugin(cluster, "status", "fil-mask")
    assert (outcome.code, outcome.err) == (
        1,
        'error: bertreleases.bertrelease.io "fil-mask" not found in namespace shop. Did you mean fill-mask?\n',
    )


def test_a_name_from_another_namespace_is_found_there(plugin: Plugin) -> None:
    outcome = plugin(FakeCluster(manifest(HEALTHY)), "history", "fill-mask", "-n", "default")
    assert outcome.err.endswith("There is one in namespace shop: add -n shop.\n")


def test_a_name_like_no_other_brings_up_what_there_is(plugin: Plugin) -> None:
    outcome = plugin(FakeCluster(manifest(HEALTHY)), "status", "zzz")
    assert outcome.err.endswith("There are: fill-mask.\n")


def test_a_person_who_may_not_list_gets_no_suggestions_but_the_answer(plugin: Plugin) -> None:
    cluster = FakeCluster()
    cluster.refusals["releases"] = ForbiddenError("you may not list")
    outcome = plugin(cluster, "status", "fill-mask")
    assert (outcome.code, outcome.err.endswith("See what there is: kubectl bert status -A\n")) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["status", "-A", "fill-mask"], "leave out either NAME or -A"),
        (["status", "fill-mask", "-w", "-o", "json"], "--watch shows pictures"),
        (["status", "fill-mask", "-o", "xml"], "xml"),
        (["status", "pod/fill-mask"], "names a 'pod'"),
        (["retry", "fill-mask", "latest"], "'latest' is not a version"),
        (["promote"], "Missing argument"),
        (["promote", "fill-mask", "--timeout", "0"], "0"),
        (["demote", "fill-mask"], "No such command"),
    ],
)
def test_bad_usage_ends_with_2_before_the_cluster_is_asked(
    plugin: Plugin, arguments: list[str], complaint: str
) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    outcome = plugin(cluster, *arguments)
    assert outcome.code == 2
    assert complaint in outcome.err
    assert cluster.calls == []


@pytest.mark.parametrize("arguments", [["status"], ["status", "fill-mask"], ["history", "fill-mask"], ["status", "-w"]])
def test_an_unreachable_cluster_is_one_sentence(plugin: Plugin, arguments: list[str]) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    for method in ("release", "releases", "watch_releases"):
        cluster.refusals[method] = ConnectionLostError("cannot reach the cluster")
    outcome = plugin(cluster, *arguments)
    assert (outcome.code, outcome.err) == (1, "error: cannot reach the cluster\n")


def test_a_fault_of_the_plugin_itself_is_a_sentence_too(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster()
    cluster.stored[("shop", "fill-mask")] = {}
    outcome = plugin(cluster, "status", "fill-mask")
    assert outcome.code == 1
    assert outcome.err.startswith("error: unexpected KeyError: 'metadata'. This is a fault of the plugin;")
    monkeypatch.setenv("KUBECTL_BERT_TRACEBACK", "1")
    with pytest.raises(KeyError):
        plugin(cluster, "status", "fill-mask")


def test_status_as_a_document_has_what_the_picture_shows(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest({**ANALYZING, "message": "审查中"}))
    outcome = plugin(cluster, "status", "fill-mask", "-o", "json")
    document = json.loads(outcome.out)
    assert document["traffic"][1] == {
        "version": "v1.1.0", "role": "candidate", "desired": 10, "applied": 10, "observed": 12,
    }  # fmt: skip
    assert document["candidate"]["holdSecondsLeft"] == 12
    assert document["advice"][0]["command"] == "kubectl bert promote fill-mask -n shop"
    assert "审查中" in outcome.out
    assert yaml.safe_load(plugin(cluster, "status", "fill-mask", "-o", "yaml").out) == document


def test_all_releases_as_a_document_are_items(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY), manifest(HEALTHY, name="translate", namespace="other"))
    assert [item["name"] for item in json.loads(plugin(cluster, "status", "-o", "json").out)["items"]] == ["fill-mask"]
    everywhere = json.loads(plugin(cluster, "status", "-A", "-o", "json").out)
    assert [item["namespace"] for item in everywhere["items"]] == ["shop", "other"]


def test_an_empty_namespace_says_so(plugin: Plugin) -> None:
    assert plugin(FakeCluster(), "status").out == "No BertReleases in namespace shop.\n"
    assert plugin(FakeCluster(), "status", "-A").out == "No BertReleases in any namespace.\n"


def test_the_history_tells_which_versions_are_warm(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HEALTHY))
    cluster.stored_revisions = [revision_manifest("v1.1.0"), revision_manifest("v1.0.0", created=90_000)]
    cluster.stored_deployments = [deployment_manifest("v1.1.0", 2, 2), deployment_manifest("v1.0.0", 0, 0)]
    document = json.loads(plugin(cluster, "history", "fill-mask", "-o", "json").out)
    assert [(item["version"], item["warmth"], item["serving"]) for item in document["items"]] == [
        ("v1.1.0", "warm", True),
        ("v1.0.0", "cold", False),
    ]
    assert "▶  v1.1.0   Proven" in plugin(cluster, "history", "fill-mask").out


def test_a_release_without_any_version_says_so(plugin: Plugin) -> None:
    assert plugin(FakeCluster(manifest()), "history", "fill-mask").out == "No version of fill-mask is recorded yet.\n"


def test_help_and_version_need_no_cluster(plugin: Plugin) -> None:
    cluster = FakeCluster()
    cluster.refusals = dict.fromkeys(("release", "releases"), CliError("no"))
    assert "status    Show what serves" in plugin(cluster, "--help").out
    assert plugin(cluster, "--version").out.startswith("kubectl-bert 0.")
    assert plugin(cluster, "promote", "--help").code == 0


ASKING = {"name": "yes", "kind": "approval", "point": "step-2", "verdict": "Inconclusive", "startedAt": ago(5)}
HELD = {**ANALYZING, "rollout": rollout(attempt=2, gates=[ASKING])}


def approves(item: dict[str, Any]) -> None:
    """An operator that takes the approval."""
    given = item["metadata"]["annotations"][ANNOTATION_APPROVE]
    passed = {**ASKING, "verdict": "Pass", "finishedAt": ago(0), "approval": given, "by": "Ada L"}
    item["status"] = {**item["status"], "rollout": rollout(attempt=2, gates=[passed])}


def test_approve_names_the_person_the_attempt_the_gate_and_what_it_holds_back(plugin: Plugin) -> None:
    cluster = FakeCluster(manifest(HELD), operator=approves)
    outcome = plugin(cluster, "approve", "fill-mask", "v1.1.0")
    (patch,) = cluster.patches
    given = parse_approval(patch["metadata"]["annotations"][ANNOTATION_APPROVE])
    assert given == GivenApproval("v1.1.0", "Ada%20L", attempt=2, gate="yes", point="step-2")
    assert (outcome.code, outcome.out.splitlines()) == (
        0,
        [
            "bertrelease.bertrelease.io/fill-mask approved",
            "v1.1.0 has passed gate yes. Follow it: kubectl bert status fill-mask --watch -n shop",
        ],
    )


@pytest.mark.parametrize(
    ("status", "arguments", "said"),
    [
        (HEALTHY, ("v1.1.0",), "no version waits for an approval: v1.1.0 serves."),
        (ANALYZING, ("v1.1.0",), "v1.1.0 waits for no approval at the moment: Judging v1.1.0 at 10 %"),
        (HELD, ("v1.2.0",), "v1.2.0 is not on its way, v1.1.0 is: approve what you have looked at"),
        (HELD, ("v1.1.0", "--gate", "no"), "v1.1.0 waits for the approval of gate yes, not no"),
    ],
)
def test_what_does_not_wait_cannot_be_approved(
    plugin: Plugin, status: dict[str, Any], arguments: tuple[str, ...], said: str
) -> None:
    cluster = FakeCluster(manifest(status))
    outcome = plugin(cluster, "approve", "fill-mask", *arguments)
    assert (outcome.code, cluster.patches) == (1, [])
    assert said in outcome.err


def test_an_approval_that_no_operator_takes_stays(plugin: Plugin) -> None:
    outcome = plugin(FakeCluster(manifest(HELD)), "approve", "fill-mask", "v1.1.0", "--timeout", "0.1")
    assert outcome.code == 1
    assert outcome.err.startswith("error: the approval of v1.1.0 was written, but: no operator has carried it out")
