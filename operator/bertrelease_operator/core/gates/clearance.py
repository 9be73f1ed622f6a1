"""Which versions a person may give requests to by weights of their own."""

from bertrelease_operator.api.gates import GatePoint
from bertrelease_operator.api.status import RevisionVerdict, Verdict
from bertrelease_operator.core.gates.points import TRAFFIC
from bertrelease_operator.core.progress import Progress, Situation


def is_cleared(situation: Situation, progress: Progress, version: str) -> bool:
    """Proven, or past every gate before traffic when it was last on its way."""
    if progress.verdict(version) is RevisionVerdict.PROVEN:
        return True
    status = progress.revisions.get(version)
    gates = status.gates if status is not None else []
    passed = {gate.name for gate in gates if (gate.point, gate.verdict) == (TRAFFIC, Verdict.PASS)}
    return all(gate.name in passed for gate in situation.observation.spec.gates if GatePoint.TRAFFIC in gate.before)
