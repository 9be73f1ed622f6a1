"""Kind loadTest: a Job that puts load on the candidate, and the figures that it leaves."""

from dataclasses import replace

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.gates.contract import GateQuestion, GateRunner
from bertrelease_operator.adapters.gates.jobs import GateJobs
from bertrelease_operator.api.load_test import LoadTest
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.gates.load_test import judge_report
from bertrelease_operator.render.gate_job import render_gate_job
from bertrelease_operator.render.load_test_job import load_test_job
from bertrelease_operator.render.metadata import KubeObject


class LoadTestGate(GateRunner):
    """One look at the Job, which is there after the first."""

    def __init__(self, cluster: Cluster) -> None:
        self._jobs = GateJobs(cluster)

    async def run(self, question: GateQuestion) -> GateResult:
        job = _job(question)
        result = await self._jobs.look(job)
        if result.verdict is Verdict.FAIL:
            # A generator that fails has measured nothing; what the version does wrong is in its figures.
            return replace(result, verdict=Verdict.NO_DATA)
        if result.verdict is not Verdict.PASS:
            return result
        try:
            report = await self._jobs.last_words(job)
        except ClusterError as error:
            return GateResult(Verdict.NO_DATA, str(error))
        return judge_report(_section(question), report)

    async def clean_up(self, question: GateQuestion) -> None:
        await self._jobs.delete(_job(question))


def _section(question: GateQuestion) -> LoadTest:
    return question.gate.load_test or LoadTest()


def _job(question: GateQuestion) -> KubeObject:
    run = question.run
    job = load_test_job(_section(question), question.record, question.urls[run.version], run.gate)
    gate = question.gate.model_copy(update={"job": job})
    keys = question.api_keys.get(run.version)
    return render_gate_job(question.owner, question.release, run, gate, question.urls, api_keys=keys)
