"""Kind job: a Job of the user's own."""

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.gates.contract import GateQuestion, GateRunner
from bertrelease_operator.adapters.gates.jobs import GateJobs
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.render.gate_job import render_gate_job
from bertrelease_operator.render.metadata import KubeObject


class JobGate(GateRunner):
    """One look at the Job, which is there after the first."""

    def __init__(self, cluster: Cluster) -> None:
        self._jobs = GateJobs(cluster)

    async def run(self, question: GateQuestion) -> GateResult:
        return await self._jobs.look(_job(question))

    async def clean_up(self, question: GateQuestion) -> None:
        await self._jobs.delete(_job(question))


def _job(question: GateQuestion) -> KubeObject:
    return render_gate_job(question.owner, question.release, question.run, question.gate, question.urls)
