"""A gate of kind approval waits for a person."""

import pytest

from bertrelease_operator.api.status import Phase, RolloutStage, Verdict
from tests.support.gated import gate_statuses, released
from tests.support.gates import APPROVAL
from tests.support.world import BAD, serving


class TestApproval:
    def test_it_waits_for_a_person_and_remembers_who_and_when(self) -> None:
        world = released(APPROVAL)
        assert world.status.phase is Phase.PAUSED
        assert "kubectl bert approve fill-mask v1.1.0 --gate yes" in world.status.message
        world.approve("v1.1.0", user="ada%20l")
        world.run(2)
        (status,) = gate_statuses(world)
        assert (status.verdict, status.by, status.message) == (Verdict.PASS, "ada l", "ada l approved v1.1.0.")
        assert status.finished_at is not None
        assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}

    @pytest.mark.parametrize(
        "annotation",
        [
            "",
            "v1.1.0",
            "v1.0.0 ada",
            "v1.1.0 ada 2",
            "v1.1.0 ada one",
            "v1.1.0 ada 1 no",
            "v1.1.0 ada 1 yes id more",
            "v1.1.0 ada 1 yes/promotion id",
            "v1.1.0 ada 1 no/traffic id",
        ],
    )
    def test_another_approval_does_not_count(self, annotation: str) -> None:
        world = released(APPROVAL)
        world.approval = annotation
        world.run(3)
        assert world.weights == {"v1.0.0": 100}

    def test_an_approval_counts_once(self) -> None:
        world = released({**APPROVAL, "before": ["traffic", "eachStep"]})
        world.approve("v1.1.0", gate="yes")
        world.run(30)
        assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
        world.approve("v1.1.0", gate="yes")
        world.run(3)
        assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}

    def test_what_an_approval_leaves_in_the_status_is_small(self) -> None:
        world = released(APPROVAL)
        world.approval = f"v1.1.0 ada 1 yes {'x' * 200_000}"
        world.run(3)
        assert world.weights == {"v1.0.0": 100}
        world.approve("v1.1.0", user="a" * 900)
        world.run(3)
        assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
        (status,) = gate_statuses(world)
        assert (len(status.by), len(status.message)) == (300, 300)

    def test_a_retry_needs_an_approval_of_its_own(self) -> None:
        world = released(APPROVAL)
        world.order("abort", "v1.1.0")
        world.approve("v1.1.0")
        world.run(3)
        world.order("retry", "v1.1.0")
        world.run(10)
        assert world.status.rollout is not None
        assert world.status.rollout.stage is RolloutStage.STARTING
        world.approve("v1.1.0", attempt=2)
        world.run(3)
        assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}

    def test_who_says_yes_to_the_first_requests_has_not_said_yes_to_all_of_them(self) -> None:
        world = released({**APPROVAL, "before": ["traffic", "promotion"]})
        world.approve("v1.1.0", gate="yes/traffic", user="ada")
        world.run(1)
        world.approve("v1.1.0", gate="yes/traffic", user="bob")
        world.run(60)
        assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
        world.approve("v1.1.0", gate="yes/promotion", user="bob")
        world.run(5)
        assert world.weights == {"v1.1.0": 100}
        assert [gate.by for gate in world.revisions["v1.1.0"].status.gates] == ["ada", "bob"]

    @pytest.mark.parametrize("end", ["abort", "another version", "weights by hand"])
    @pytest.mark.parametrize("writes", [None, 0, 1, 2, 3])
    def test_a_version_that_is_asked_for_again_needs_another_approval(self, end: str, writes: int | None) -> None:
        world = released(APPROVAL)
        world.approve("v1.1.0", gate="yes")
        world.run(3)
        if end == "abort":
            world.order("abort", "v1.1.0")
            world.run(3)
        if end == "weights by hand":
            world.edit("v1.1.0", traffic=[{"version": "v1.0.0", "weight": 100}])
        else:
            world.edit("v1.0.0")
        world.run(30)
        world.edit("v1.1.0", traffic=[])
        world.reconcile(writes=writes)
        world.run(12)
        assert world.weights == {"v1.0.0": 100}
        assert [status.verdict for status in gate_statuses(world)] == [Verdict.INCONCLUSIVE]
        world.approve("v1.1.0", attempt=2, gate="yes/traffic")
        world.run(3)
        assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}

    def test_a_version_that_was_forgotten_meanwhile_needs_another_approval(self) -> None:
        world = released(APPROVAL)
        world.approve("v1.1.0", gate="yes")
        world.run(3)
        world.edit("v1.0.0")
        world.run(30)
        del world.revisions["v1.1.0"]
        world.release("v1.1.0")
        world.run(12)
        assert world.weights == {"v1.0.0": 100}

    def test_a_candidate_that_starts_over_against_another_version_needs_another_approval(self) -> None:
        world = serving()
        world.release("v1.1.0")
        world.run(60)
        world.edit("v1.1.0", gates=[APPROVAL])
        world.release("v1.2.0")
        world.run(10)
        world.approve("v1.2.0", gate="yes")
        world.run(2)
        assert world.weights == {"v1.1.0": 90, "v1.2.0": 10}
        world.evidence["v1.1.0"] = BAD
        world.run(12)
        assert world.weights == {"v1.0.0": 100}
        assert [(gate.by, gate.attempt) for gate in world.revisions["v1.2.0"].status.gates] == [("ada", 1)]
        assert [(gate.verdict, gate.attempt) for gate in gate_statuses(world)] == [(Verdict.INCONCLUSIVE, 2)]
