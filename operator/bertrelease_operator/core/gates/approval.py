"""Kind approval: a person's yes, by annotation."""

from dataclasses import dataclass

from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.progress import Situation


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """Who said yes, and to what."""

    version: str
    user: str
    attempt: int = 1
    gate: str = ""  # empty: whichever asks first


def parse_approval(annotation: str) -> GivenApproval | None:
    """None if it is not `<version> <user> [<attempt> [<gate> [<id>]]]`; spaces in the user's name are `%20`."""
    match annotation.split():
        case [version, user]:
            return GivenApproval(version, user)
        case [version, user, attempt, *rest] if attempt.isdecimal() and len(rest) <= 2:
            return GivenApproval(version, user, int(attempt), rest[0] if rest else "")
        case _:
            return None


def check_approval(situation: Situation, gate: Gate, run: GateRun) -> GateResult:
    """Pass with an approval of this version and attempt that has not counted for another passage."""
    text = situation.observation.approval
    given = parse_approval(text) if text is not None else None
    if text is not None and given is not None and _is_for(given, run) and not _has_counted(situation, text):
        user = given.user.replace("%20", " ")
        return GateResult(Verdict.PASS, f"{user} approved {run.version}.", by=user, approval=text)
    instructions = f" {gate.approval.instructions}" if gate.approval is not None and gate.approval.instructions else ""
    command = f"kubectl bert approve {situation.observation.name} {run.version} --gate {gate.name}"
    return GateResult(Verdict.INCONCLUSIVE, f"Waits for a person: `{command}`.{instructions}")


def _is_for(given: GivenApproval, run: GateRun) -> bool:
    return (given.version, given.attempt) == (run.version, run.attempt) and given.gate in {"", run.gate}


def _has_counted(situation: Situation, text: str) -> bool:
    rollout = situation.observation.status.rollout
    return rollout is not None and any(status.approval == text for status in rollout.gates)
