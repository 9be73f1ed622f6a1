"""The picture of a release in each of its phases, as a person sees it on 80 columns."""

from typing import Any

from rich.console import Console

from tests.unit.operator.cli.builders import (
    ANALYZING,
    FAILED,
    HEALTHY,
    LATENCY,
    ROLLED_BACK,
    ago,
    condition,
    release,
    revision,
    rollout,
)
from tests.unit.operator.cli.painting import drawn
from tests.unit.operator.cli.pictures import picture, section


def test_a_candidate_under_judgement() -> None:
    assert picture(release(ANALYZING), revision("v1.0.0")) == drawn("""
        Analyzing  fill-mask  namespace shop  asked for v1.1.0  age 3d
        Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive.

        Traffic
          █ v1.0.0 serving   ▒ v1.1.0 candidate
          desired   ████████████████████████████████████▒▒▒▒  90 : 10 %
          applied   ████████████████████████████████████▒▒▒▒  90 : 10 %
          observed  ███████████████████████████████████▒▒▒▒▒  88 : 12 %

        Candidate v1.1.0
          ✓ start ─ ▶ 10 % ─ · 25 % ─ · 50 % ─ · 100 %
          Stepping: step 1 of 3 at 10 % for 48s; hold 12s left; deadline in 29m, then
          traffic goes back, unproven

        Checks  of v1.1.0
             check         figure   limit  sample  verdict
          ?  error-rate    0.58 %   0.5 %   1,204  Inconclusive
          ✓  p95-latency  42.5 ms  100 ms   1,204  Pass
          ? error-rate: 7 of 1204 requests failed (0.58 %, surely 0.20 % to 1.31 %,
          limit 0.5 %)

        You can
          kubectl bert promote fill-mask -n shop  all traffic to v1.1.0 now, without
                                                  further evidence
          kubectl bert abort fill-mask -n shop    give v1.1.0 up, all traffic to v1.0.0
          kubectl bert pause fill-mask -n shop    freeze it where it is
    """)


def test_a_candidate_in_preview_that_a_person_is_asked_about() -> None:
    waiting = {
        "phase": "Paused",
        "message": "v1.1.0 passed.",
        "stable": "v1.0.0",
        "weights": {"desired": {"v1.0.0": 100}, "applied": {"v1.0.0": 100}},
        "rollout": rollout(awaitingSince=ago(20)),
    }
    strategy = {"kind": "blueGreen", "blueGreen": {"holdSeconds": 10, "then": "ask"}}
    shown = picture(release(waiting, strategy=strategy), revision("v1.0.0"))
    assert section(shown, "Candidate") == drawn("""
        Candidate v1.1.0
          ✓ start ─ ▶ preview ─ · 100 %
          Stepping: step 1 of 1 in preview, without traffic for 48s; passed, and waits
          for a person to promote or abort it
    """).rstrip("\n")
    assert "all traffic to v1.1.0 now\n" in shown


def test_versions_that_a_person_gave_a_share_have_a_sign_of_their_own() -> None:
    weights = {"v1.0.0": 75, "v1.1.0": 25}
    sharing = {"phase": "Observing", "stable": "v1.0.0", "weights": {"desired": weights, "applied": weights}}
    traffic = [{"version": version, "weight": weight} for version, weight in weights.items()]
    assert section(picture(release(sharing, traffic=traffic)), "Traffic") == drawn("""
        Traffic
          █ v1.0.0 serving   ▓ v1.1.0 by hand
          desired  ██████████████████████████████▓▓▓▓▓▓▓▓▓▓  75 : 25 %
          applied  ██████████████████████████████▓▓▓▓▓▓▓▓▓▓  75 : 25 %
    """).rstrip("\n")


def test_a_version_that_was_taken_back() -> None:
    rejected = revision("v1.1.0", "Rejected", reason="ErrorRateFailed", decidedAt=ago(300))
    assert picture(release(ROLLED_BACK), revision("v1.0.0"), rejected) == drawn("""
        RolledBack  fill-mask  namespace shop  asked for v1.1.0  age 3d
        v1.0.0 serves. v1.1.0 was taken back: 20 of 101 requests failed (19.80 %, limit
        0.5 %).

        Traffic
          █ v1.0.0 serving
          desired  ████████████████████████████████████████  100 %
          applied  ████████████████████████████████████████  100 %

        Checks  of v1.1.0, when it was taken back
             check       figure  limit  sample  verdict
          ✗  error-rate  19.8 %  0.5 %     101  Fail
          ✗ error-rate: 20 of 101 requests failed (19.80 %, limit 0.5 %)

        Last rollback v1.1.0  5m ago, back to v1.0.0, Rejected
          ErrorRateFailed

        Conditions
          ✗ Ready=False  RolledBack  for 5m10s
          ✗ RolledBack=True  ErrorRateFailed  for 5m

        You can
          kubectl bert explain fill-mask v1.1.0 -n shop  see how it came to that
          kubectl bert retry fill-mask v1.1.0 -n shop    try v1.1.0 once more
          kubectl edit brel fill-mask -n shop            settle for v1.0.0: set
                                                         spec.version to it, or to a new
                                                         version
          kubectl bert history fill-mask -n shop         see every version and its
                                                         verdict
    """)


def test_a_healthy_release_remembers_the_last_rejection_and_how_to_go_back() -> None:
    rejected = revision(
        "v1.0.5",
        "Rejected",
        reason="P95LatencyFailed",
        message="v1.0.5 was taken back: P95 is 240 ms.",
        decidedAt=ago(7200),
        checks=[
            {"name": "p95-latency", "verdict": "Fail", "message": "P95 is 240 ms of 100 ms"},
            LATENCY,
        ],
    )
    assert picture(release(HEALTHY), revision("v1.0.0"), rejected, revision("v1.1.0")) == drawn("""
        Healthy  fill-mask  namespace shop  asked for v1.1.0  age 3d
        v1.1.0 serves.

        Traffic
          █ v1.1.0 serving
          desired  ████████████████████████████████████████  100 %
          applied  ████████████████████████████████████████  100 %

        Last rollback v1.0.5  2h ago, Rejected
          P95LatencyFailed: v1.0.5 was taken back: P95 is 240 ms.
          p95-latency: P95 is 240 ms of 100 ms

        You can
          kubectl edit brel fill-mask -n shop     go back: set spec.version to v1.0.0
          kubectl bert history fill-mask -n shop  see every version and its verdict
    """)


def candidate_of(status: dict[str, Any], **spec: Any) -> str:
    return section(picture(release({**ANALYZING, **status}, **spec)), "Candidate")


def test_a_starting_candidate_has_no_traffic_and_a_deadline_to_become_ready() -> None:
    shown = candidate_of({"phase": "Progressing", "rollout": rollout(stage="Starting", stageEnteredAt=ago(60))})
    assert shown == drawn("""
        Candidate v1.1.0
          ▶ start ─ · 10 % ─ · 25 % ─ · 50 % ─ · 100 %
          Starting for 1m, no traffic yet; deadline in 9m, then v1.1.0 is rejected""")


def test_the_first_version_of_all_has_no_deadline() -> None:
    shown = picture(
        release(
            {"phase": "Pending", "stable": None, "message": "Waiting for v1.1.0.", "rollout": rollout(stage="Starting")}
        )
    )
    assert "Starting for 48s, no traffic yet; no deadline: nothing served before it" in shown
    assert "abort" not in shown
    assert "no traffic\n" in section(shown, "Traffic")


def test_a_candidate_that_switches_is_past_every_step() -> None:
    shown = candidate_of({"rollout": rollout(stage="Switching", byHand=True, attempt=2)})
    assert shown == drawn("""
        Candidate v1.1.0  attempt 2, promoted by hand
          ✓ start ─ ✓ 10 % ─ ✓ 25 % ─ ✓ 50 % ─ ▶ 100 %
          Switching to 100 % for 48s; deadline in 29m, then traffic goes back, unproven""")


def test_a_proven_version_that_comes_back_has_no_steps() -> None:
    shown = candidate_of({"rollout": rollout(stage="Switching", analysed=False)})
    assert shown == drawn("""
        Candidate v1.1.0  proven before, no new analysis
          Switching to 100 % for 48s; deadline in 9m12s, then traffic goes back""")


def test_a_hold_that_is_over_waits_for_a_pass() -> None:
    shown = candidate_of({"rollout": rollout(stageEnteredAt=ago(61))})
    assert "hold over, waiting for a pass" in shown


def test_a_hold_begins_only_when_the_route_has_the_weight() -> None:
    shown = candidate_of({"weights": {"desired": {"v1.0.0": 90, "v1.1.0": 10}, "applied": {"v1.0.0": 100}}})
    assert "hold begins when the route has this\n  weight" in shown


def test_an_edit_that_removed_steps_leaves_the_candidate_at_the_last_one() -> None:
    canary = {"canary": {"steps": [{"weight": 20}]}}
    assert "step 1 of 1 at 20 %" in candidate_of({"rollout": rollout(step=2)}, strategy=canary)


def test_the_deadline_stands_still_while_the_source_of_figures_is_down() -> None:
    blind = rollout(stageEnteredAt=ago(400), blindSince=ago(100), blindSeconds=200)
    shown = candidate_of({"rollout": blind}).replace("\n  ", " ")
    # 1800 s, of which 400 - 100 - 200 = 100 s are used up
    assert "deadline in 28m (stopped: the source of figures has been down for 1m40s)" in shown


def test_a_pause_stops_the_deadline_and_offers_to_resume() -> None:
    found = release({**ANALYZING, "phase": "Paused", "rollout": rollout(pausedSince=ago(40))}, paused=True)
    shown = picture(found)
    assert shown.splitlines()[0].endswith("age 3d  paused")
    assert "deadline in 29m (stopped: paused)" in shown.replace("\n  ", " ")
    advice = section(shown, "You can")
    assert "kubectl bert resume fill-mask -n shop  go on (spec.paused: false)" in advice
    assert "pause fill-mask" not in advice
    assert "promote fill-mask" not in advice


def test_a_candidate_that_is_ready_and_held_has_no_deadline_to_be_ready() -> None:
    ready = rollout(stage="Starting", startedAt=ago(900), stageEnteredAt=ago(900), readySince=ago(890))
    shown = candidate_of({"phase": "Paused", "rollout": ready}, paused=True)
    assert "Starting for 15m, no traffic yet; its pods are ready" in shown
    assert "deadline" not in shown


def test_a_release_that_waits_for_a_person_after_an_outage_offers_to_resume() -> None:
    blind = rollout(stageEnteredAt=ago(1000), blindSince=ago(901))
    advice = section(picture(release({**ANALYZING, "phase": "Paused", "rollout": blind})), "You can")
    assert "kubectl bert resume fill-mask -n shop" in advice


def test_a_promoted_version_under_observation_can_be_taken_back() -> None:
    observing = {
        **HEALTHY,
        "phase": "Observing",
        "checks": [LATENCY],
        "checksOf": "v1.1.0",
        "observation": {"version": "v1.1.0", "attempt": 1, "previous": "v1.0.0", "since": ago(600)},
    }
    shown = picture(release(observing), revision("v1.0.0"), revision("v1.1.0"))
    assert "Watching v1.1.0  for another 20m; a failure gives v1.0.0 the traffic back\n" in shown
    assert "Checks  of v1.1.0\n" in shown
    assert "observed  too few requests to tell" in shown
    assert "kubectl bert abort fill-mask -n shop    take v1.1.0 back, all traffic to\n" in shown


def test_figures_of_the_serving_version_are_not_told_as_those_of_the_one_that_was_taken_back() -> None:
    watched = {"version": "v1.0.0", "attempt": 1, "previous": "v0.9.0", "since": ago(600)}
    concluded = {
        "version": "v1.1.0",
        "attempt": 1,
        "reason": "ErrorRateFailed",
        "message": "v1.1.0 was taken back.",
        "at": ago(300),
    }
    checks = {"checks": [LATENCY], "checksOf": "v1.0.0"}
    status = {**ROLLED_BACK, **checks, "message": "", "observation": watched, "concluded": concluded}
    rejected = revision("v1.1.0", "Rejected", reason="ErrorRateFailed", decidedAt=ago(300), checks=[FAILED])
    shown = picture(release(status), revision("v1.0.0"), rejected)
    assert "Checks  of v1.0.0\n" in shown
    assert section(shown, "Last rollback") == drawn("""
        Last rollback v1.1.0  5m ago, back to v1.0.0, Rejected
          ErrorRateFailed: v1.1.0 was taken back.
          error-rate: 20 of 101 requests failed (19.80 %, limit 0.5 %)""")


def test_a_version_that_no_longer_serves_but_still_has_traffic_is_shown_as_leaving() -> None:
    leaving = {**HEALTHY, "weights": {"desired": {"v1.1.0": 100}, "applied": {"v1.1.0": 60, "v1.0.0": 40}}}
    shown = section(picture(release(leaving)), "Traffic")
    assert shown == drawn("""
        Traffic
          █ v1.1.0 serving   ░ v1.0.0 leaving
          desired  ████████████████████████████████████████  100 : 0 %
          applied  ████████████████████████░░░░░░░░░░░░░░░░  60 : 40 %""")


def test_a_refused_spec_says_so_and_offers_to_edit() -> None:
    message = "v1.0.0 is already recorded with other contents: spec.model differ from BertRevision fill-mask-v1-0-0."
    refused = {
        **HEALTHY,
        "phase": "Refused",
        "message": message,
        "conditions": [condition("SpecAccepted", "False", "Conflict", message)],
    }
    shown = picture(release(refused))
    assert "  ✗ SpecAccepted=False  Conflict  for 1m30s\n" in shown
    assert "kubectl edit brel fill-mask -n shop  put the spec right, as the message says" in shown


def test_a_degraded_release_points_to_the_pods_that_should_serve() -> None:
    degraded = {
        **HEALTHY,
        "phase": "Degraded",
        "message": "v1.1.0 should serve but has no ready pod.",
        "conditions": [condition("Healthy", "False", "Degraded", "the model does not load")],
    }
    shown = picture(release(degraded), revision("v1.0.0"), revision("v1.1.0"))
    assert "  ✗ Healthy=False  Degraded  for 1m30s: the model does not load\n" in shown
    assert section(shown, "You can") == drawn("""
        You can
          read why v1.1.0 has no ready pod:
            kubectl logs deployment/fill-mask-v1-1-0 -n shop
          go back: set spec.version to v1.0.0:
            kubectl edit brel fill-mask -n shop
          see every version and its verdict:
            kubectl bert history fill-mask -n shop""")


def test_an_edit_that_the_operator_has_not_seen_is_pointed_out() -> None:
    shown = picture(release({**HEALTHY, "observedGeneration": 1}))
    assert "! the operator has not seen the last edit yet; if this stays, see whether it\nruns: kubectl" in shown


def test_a_release_that_nobody_looked_at_is_pointed_out() -> None:
    shown = picture(release({"observedGeneration": 0, "phase": "Pending"}))
    assert "! no operator has looked at this release yet" in shown


def test_chinese_takes_two_columns_per_character_and_stays_aligned() -> None:
    checks = [{**LATENCY, "name": "custom-队列"}, {**LATENCY, "name": "custom-ab"}]
    shown = section(picture(release({**ANALYZING, "checks": checks})), "Checks")
    assert "  ✓  custom-队列  42.5 ms  100 ms   1,204  Pass\n" in shown
    assert "  ✓  custom-ab    42.5 ms  100 ms   1,204  Pass" in shown


def test_nothing_is_wider_than_eighty_columns() -> None:
    long = "v12345.12345.12345-3f2a9c1d4e5f"
    status = {
        **ANALYZING,
        "stable": "v12345.12345.12344-3f2a9c1d4e5f",
        "rollout": rollout(version=long),
        "message": "词" * 100,
    }
    shown = picture(release(status, version=long, name="a-release-name-of-31-characters", namespace="n" * 60))
    assert max(Console().measure(line).maximum for line in shown.splitlines()) <= 80
