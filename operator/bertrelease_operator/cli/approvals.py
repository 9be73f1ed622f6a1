"""Which gate a person's yes is for. Pure."""

from bertrelease_operator.api.gates import GateKind
from bertrelease_operator.api.status import GateStatus, RolloutStatus
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Release, Revision


def gate_to_approve(release: Release, version: str, gate: str | None) -> GateStatus:
    """The gate that asks for `version`, called `gate` if given. Raises CliError if none asks."""
    rollout = release.status.rollout
    if rollout is None:
        raise CliError(f"no version waits for an approval: {release.status.message or release.status.phase}")
    if rollout.version != version:
        raise CliError(f"{version} is not on its way, {rollout.version} is: approve what you have looked at")
    asking = asking_gate(rollout)
    if asking is None:
        raise CliError(f"{version} waits for no approval at the moment: {release.status.message}")
    if gate not in {None, asking.name}:
        raise CliError(f"{version} waits for the approval of gate {asking.name}, not {gate}")
    return asking


def asking_gate(rollout: RolloutStatus) -> GateStatus | None:
    """The approval that has begun and was not given yet."""
    asking = (status for status in rollout.gates if status.kind is GateKind.APPROVAL and status.finished_at is None)
    return next(asking, None)


def approval_text(version: str, user: str, attempt: int, asking: GateStatus, identity: str) -> str:
    """The annotation, as core/gates/approval.py reads it."""
    return f"{version} {user.replace(' ', '%20')} {attempt} {asking.name}/{asking.point} {identity}"


def has_counted(text: str, release: Release, revisions: list[Revision]) -> bool:
    """Did a gate pass by this very approval? Its rollout may be over already."""
    rollout = release.status.rollout
    gates = [*(rollout.gates if rollout is not None else []), *(g for r in revisions for g in r.status.gates)]
    return any(status.approval == text for status in gates)
