"""Kind approval: a person's yes, by annotation."""

from dataclasses import dataclass
from typing import Final

from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.progress import Situation

# Characters: what counted is kept in the status, and an annotation may have a quarter of a megabyte.
LONGEST_APPROVAL: Final = 1024


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """Who said yes, and to what."""

    version: str
    user: str
    attempt: int = 1
    gate: str = ""  # empty: whichever asks first
    point: str = ""  # empty: whichever the gate asks for first


def parse_approval(annotation: str) -> GivenApproval | None:
    """None if it is too long, or not `<version> <user> [<attempt> [<gate>[/<point>] [<id>]]]`.

    Spaces in the user's name are `%20`.
    """
    if len(annotation) > LONGEST_APPROVAL:
        return None
    match annotation.split():
        case [version, user]:
            return GivenApproval(version, user)
        case [version, user, attempt, *rest] if attempt.isdecimal() and len(rest) <= 2:
            gate, _, point = rest[0].partition("/") if rest else ("", "", "")
            return GivenApproval(version, user, int(attempt), gate, point)
        case _:
            return None


def check_approval(situation: Situation, gate: Gate, run: GateRun) -> GateResult:
    """Pass with an approval of this version, attempt and point that has not counted for another passage."""
    text = situation.observation.approval
    given = parse_approval(text) if text is not None else None
    if text is not None and given is not None and _is_for(given, run) and not _has_counted(situation, text):
        user = given.user.replace("%20", " ")
        return GateResult(Verdict.PASS, f"{user} approved {run.version}.", by=user, approval=text)
    instructions = f" {gate.approval.instructions}" if gate.approval is not None and gate.approval.instructions else ""
    command = f"kubectl bert approve {situation.observation.name} {run.version} --gate {gate.name}"
    return GateResult(Verdict.INCONCLUSIVE, f"Waits for a person: `{command}`.{instructions}")


def _is_for(given: GivenApproval, run: GateRun) -> bool:
    return (
        (given.version, given.attempt) == (run.version, run.attempt)
        and given.gate in {"", run.gate}
        and given.point in {"", run.point}
    )


def _has_counted(situation: Situation, text: str) -> bool:
    """In this rollout, or last of all: the attempts of a version whose record was pruned begin with 1 again."""
    status = situation.observation.status
    gates = status.rollout.gates if status.rollout is not None else []
    return text == status.handled_approval or any(gate.approval == text for gate in gates)
