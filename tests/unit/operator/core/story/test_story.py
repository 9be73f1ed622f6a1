"""What the records say of a release afterwards."""

from bertrelease_operator.api.status import (
    MOST_TOLD,
    BertRevisionStatus,
    CheckStatus,
    RolloutStage,
    StoryEntry,
    Verdict,
)
from bertrelease_operator.core.evidence.seen import SeenLook
from bertrelease_operator.core.evidence.tally import Tally
from bertrelease_operator.core.evidence.trail import NO_TRAIL
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.story.bounds import LONGEST_STORY_BYTES, bounded
from tests.support.measured import Behaviour, MeasuredWorld
from tests.support.world import BAD, World, release_spec, serving


def told(world: World, version: str) -> list[str]:
    return [entry.reason for entry in record(world, version).story if not entry.holds]


def record(world: World, version: str) -> BertRevisionStatus:
    return world.revisions[version].status


def test_a_promotion_is_told_from_its_start_to_the_end_of_its_observation() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(300)
    assert told(world, "v1.1.0") == [
        "Started", "CanaryStep", "CanaryStep", "CanaryPassed", "Promoted", "ObservationEnded",
    ]  # fmt: skip
    steps = [(entry.stage, entry.step) for entry in record(world, "v1.1.0").story if entry.reason == "CanaryStep"]
    assert steps == [(RolloutStage.STEPPING, 0), (RolloutStage.STEPPING, 1)]


def test_a_rejection_is_told_with_its_figures() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(6)
    world.evidence["v1.1.0"] = BAD
    world.run(3)
    last = record(world, "v1.1.0").story[-1]
    assert (last.reason, last.verdict, last.step) == ("ErrorRateFailed", Verdict.FAIL, 0)
    assert [check.name for check in last.checks] == ["error-rate"]
    assert "20 of 100 requests failed" in last.message


def test_what_was_waited_for_is_told_once_in_each_step() -> None:
    world = serving()
    world.release("v1.1.0")
    for verdict in [Verdict.NO_DATA, Verdict.INCONCLUSIVE] * 3:
        world.evidence["v1.1.0"] = EvidenceView(verdict)
        world.run(4)
    holds = [entry.message for entry in record(world, "v1.1.0").story if entry.stage is RolloutStage.STEPPING]
    assert sum("NoData" in message for message in holds) == 1
    assert sum("Inconclusive" in message for message in holds) == 1


def test_a_decision_that_could_not_be_written_whole_is_not_told_twice() -> None:
    world = serving()
    world.release("v1.1.0")
    for writes in range(12):
        world.reconcile(writes=writes % 6)
        world.start_pods()
        world.now += 0.5
    world.run(100)
    assert told(world, "v1.1.0")[:3] == ["Started", "CanaryStep", "CanaryStep"]


def test_pauses_and_what_people_ask_for_are_told() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(6)
    world.edit("v1.1.0", paused=True)
    world.run(3)
    world.edit("v1.1.0", paused=False)
    world.run(3)
    world.order("abort", "v1.1.0")
    world.run(3)
    world.order("retry", "v1.1.0")
    world.run(3)
    assert told(world, "v1.1.0") == ["Started", "CanaryStep", "Paused", "Unpaused", "Aborted", "Retried", "Started"]
    assert [entry.attempt for entry in record(world, "v1.1.0").story][-1] == 2


def test_each_of_two_versions_has_its_own_story() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(6)
    world.release("v1.2.0")
    world.run(6)
    assert told(world, "v1.1.0") == ["Started", "CanaryStep", "Superseded"]
    assert told(world, "v1.2.0") == ["Started", "CanaryStep"]


def test_an_idle_release_adds_nothing() -> None:
    world = serving()
    before = record(world, "v1.0.0")
    for _ in range(100):
        world.now += 60
        assert not world.reconcile().revision_statuses
    assert record(world, "v1.0.0") == before


def test_a_recording_holds_every_look_that_the_verdict_rests_on_and_is_written_seldom() -> None:
    world = MeasuredWorld(release_spec("v1.0.0"))
    world.run(300)
    world.behaviours["v1.1.0"] = Behaviour(error_share=0.5)
    world.release("v1.1.0")
    world.run(60)
    status = record(world, "v1.1.0")
    assert status.reason == "ErrorRateFailed"
    assert status.recording is not None
    assert status.recording.baseline == "v1.0.0"
    assert [looks.epoch for looks in status.recording.looks] == ["1/starting", "1/canary/step-0"]
    assert sum(looks.looks for looks in status.recording.looks) > 3
    assert '"stepDeadlineSeconds":60' in status.recording.policy


def test_a_long_observation_is_written_down_now_and_then() -> None:
    world = MeasuredWorld(release_spec("v1.0.0"))
    world.run(6)
    writes = 0
    for _ in range(170):
        world.serve(1.0)
        world.look()
        writes += bool(world.reconcile().revision_statuses)
        world.now += 1.0
    assert 0 < writes <= 170 / 30 + 2


def test_nothing_is_too_long_for_a_rejection_to_be_told() -> None:
    check = CheckStatus(name="custom-" + "long-name" * 40, verdict=Verdict.FAIL, message="火锅" * 3000)
    world = serving()
    world.release("v1.1.0")
    world.run(6)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.FAIL, (check,))
    world.run(3)
    last = record(world, "v1.1.0").story[-1]
    assert last.reason.startswith("CustomLong")
    assert last.message.endswith("…")
    assert world.weights == {"v1.0.0": 100}


def test_a_histogram_of_too_many_buckets_is_not_recorded() -> None:
    edges = tuple(float(edge) for edge in range(200))
    tally = Tally(1, 0, edges, (1,) * 200, 1)
    view = EvidenceView(Verdict.PASS, trail=NO_TRAIL.after(1.0, SeenLook(subject=tally)))
    world = serving()
    world.release("v1.1.0")
    world.evidence["v1.1.0"] = view
    world.run(30)
    recording = record(world, "v1.1.0").recording
    assert recording is not None
    assert recording.looks == []


def test_what_was_waited_for_makes_way_first_then_figures_then_the_middle() -> None:
    def entry(number: int, *, holds: bool) -> StoryEntry:
        message = f"{number} " + "长" * 300
        return StoryEntry(at="2026-01-01T00:00:00Z", reason="R", message=message, holds=holds, attempt=1)

    story = [entry(number, holds=number % 2 == 1) for number in range(2 * MOST_TOLD)]
    kept = bounded(story)
    assert sum(len(one.model_dump_json(by_alias=True, exclude_none=True).encode()) for one in kept) <= (
        LONGEST_STORY_BYTES
    )
    assert (kept[0], kept[-1]) == (story[0], story[-1])
    assert not any(one.holds for one in kept[:-1])
