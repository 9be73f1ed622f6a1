"""Gates begin, are looked at, pass, fail, or come to their deadline."""

from dataclasses import replace
from typing import Final

from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.status import GateStatus, RolloutStatus, Verdict
from bertrelease_operator.core.clipping import clipped
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.endings import abandon, reject
from bertrelease_operator.core.gates.contract import CaseFailure, GateResult, GateRun, definition_of
from bertrelease_operator.core.gates.points import before_words, gate_at_work, next_gate
from bertrelease_operator.core.gates.registry import PURE_GATES
from bertrelease_operator.core.progress import Progress, Situation

# The status must stay small, whatever a gate has to say.
MOST_FAILURES: Final = 20
_MOST_CHECKS: Final = 32
_LONGEST_TEXT: Final = 300


def judge_gates(situation: Situation, progress: Progress) -> Progress:
    """What the gate at work says by now; what is not asked for any more is dropped."""
    rollout = progress.rollout
    if rollout is None:
        return progress
    finished = [status for status in rollout.gates if status.finished_at is not None]
    held = gate_at_work(situation, progress)
    if held is None:
        return _with_gates(progress, rollout, finished)
    gate, before = held
    status = _looked_at(situation, _run(progress, rollout, held), gate, before)
    if situation.observation.spec.paused and status.finished_at is None:
        return _with_gates(progress, rollout, finished)  # it begins anew when the release goes on
    return _followed(situation, _with_gates(progress, rollout, [*finished, status]), gate, status)


def _followed(situation: Situation, progress: Progress, gate: Gate, status: GateStatus) -> Progress:
    """A failure rejects the version at once, the very first one as well: then nothing serves."""
    where, version = f"gate {gate.name} {before_words(status.point)}", situation.target
    if status.verdict is Verdict.FAIL:
        return reject(situation, progress, "GateFailed", f"{version} was stopped by {where}: {status.message}")
    if status.verdict is Verdict.PASS:
        progress = replace(progress, handled_approval=status.approval or progress.handled_approval)
        return progress.told("GatePassed", f"{version} passed {where}: {status.message}")
    if situation.now - to_epoch(status.started_at) <= gate.limit_seconds:
        return progress
    message = (
        f"{version} did not pass {where} within {gate.limit_seconds} s: {status.verdict}. {status.message} Retry it, "
        "or give the gate a longer deadlineSeconds."
    )
    return abandon(situation, progress, "GateDeadlineExceeded", message)


def hold_for_gate(situation: Situation, progress: Progress) -> Progress | None:
    """`progress`, held by the next gate, which begins unless the release is paused; None where the way is free."""
    held, rollout = next_gate(situation, progress), progress.rollout
    if held is None or rollout is None:
        return None
    gate, point = held
    if gate_at_work(situation, progress) is not None or situation.observation.spec.paused:
        return progress
    begun = GateStatus(
        name=gate.name,
        kind=gate.kind,
        point=point,
        attempt=rollout.attempt,
        verdict=Verdict.NO_DATA,
        message="It has just begun.",
        started_at=to_timestamp(situation.now),
    )
    return _with_gates(progress, rollout, [*_without_cases(rollout.gates, gate), begun]).told(
        "GateBegan", f"{rollout.version} comes to gate {gate.name} ({gate.kind}) {before_words(point)}."
    )


def _without_cases(gates: list[GateStatus], gate: Gate) -> list[GateStatus]:
    """The cases of a gate's last passage are enough."""
    return [status.model_copy(update={"failures": []}) if status.name == gate.name else status for status in gates]


def gate_runs(situation: Situation, progress: Progress) -> tuple[GateRun, ...]:
    """What runners should work at now; nothing for a gate that is decided here."""
    held = gate_at_work(situation, progress)
    if held is None or progress.rollout is None or held[0].kind in PURE_GATES:
        return ()
    return (_run(progress, progress.rollout, held),)


def gate_moments(situation: Situation, progress: Progress) -> list[float]:
    """When time alone may change what the gate at work says, or ends it."""
    held = gate_at_work(situation, progress)
    if held is None or progress.rollout is None:
        return []
    gate, status = held
    moments = [to_epoch(status.started_at) + gate.limit_seconds]
    if gate.kind in PURE_GATES:
        result = PURE_GATES[gate.kind](situation, gate, _run(progress, progress.rollout, held))
        if result.again_in_seconds is not None:
            moments.append(situation.now + result.again_in_seconds)
    return moments


def _run(progress: Progress, rollout: RolloutStatus, held: tuple[Gate, GateStatus]) -> GateRun:
    gate, status = held
    return GateRun(
        gate=gate.name,
        kind=gate.kind,
        version=rollout.version,
        stable=progress.stable,
        attempt=rollout.attempt,
        point=status.point,
        definition=definition_of(gate),
    )


def _looked_at(situation: Situation, run: GateRun, gate: Gate, before: GateStatus) -> GateStatus:
    pure = PURE_GATES.get(gate.kind)
    result = pure(situation, gate, run) if pure is not None else situation.observation.gates.get(run)
    return before if result is None else before.model_copy(update=_as_status(result, situation.now))


def _as_status(result: GateResult, now: float) -> dict[str, object]:
    return {
        "verdict": result.verdict,
        "message": clipped(result.message, _LONGEST_TEXT),
        "finished_at": to_timestamp(now) if result.is_final else None,
        "by": clipped(result.by, _LONGEST_TEXT),
        "approval": result.approval,
        "checks": list(result.checks[:_MOST_CHECKS]),
        "failures": [_clipped_case(failure) for failure in result.failures[:MOST_FAILURES]],
        "total_failures": max(result.total_failures, len(result.failures)),
    }


def _clipped_case(failure: CaseFailure) -> CaseFailure:
    return CaseFailure(**{name: clipped(getattr(failure, name), _LONGEST_TEXT) for name in CaseFailure.model_fields})


def _with_gates(progress: Progress, rollout: RolloutStatus, gates: list[GateStatus]) -> Progress:
    return replace(progress, rollout=rollout.model_copy(update={"gates": gates}))
