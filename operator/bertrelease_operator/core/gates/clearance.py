"""Which versions a person may give requests to by weights of their own."""

from bertrelease_operator.api.gates import GatePoint
from bertrelease_operator.api.status import BertRevisionStatus, GateStatus, RevisionVerdict, Verdict
from bertrelease_operator.core.gates.points import TRAFFIC
from bertrelease_operator.core.progress import Progress, Situation


def is_cleared(situation: Situation, progress: Progress, version: str) -> bool:
    """Proven, or past every gate before traffic in its last attempt."""
    if progress.verdict(version) is RevisionVerdict.PROVEN:
        return True
    needed = {(gate.name, gate.kind) for gate in situation.observation.spec.gates if GatePoint.TRAFFIC in gate.before}
    status = progress.revisions.get(version, BertRevisionStatus())
    passage = (status.attempt, TRAFFIC, Verdict.PASS)
    return needed <= {(gate.name, gate.kind) for gate in status.gates if _passage(gate) == passage}


def _passage(gate: GateStatus) -> tuple[int, str, Verdict]:
    return gate.attempt, gate.point, gate.verdict
