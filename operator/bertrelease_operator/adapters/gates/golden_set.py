"""Runner of gate goldenSet: the same cases to the candidate and to the stable version."""

import asyncio
from collections.abc import Sequence

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError, NotFoundError
from bertrelease_operator.adapters.gates.contract import GateQuestion, GateRunner
from bertrelease_operator.adapters.gates.golden_asking import Asked, CannotAskError, Interview, together
from bertrelease_operator.adapters.resources import CONFIG_MAP
from bertrelease_operator.adapters.secrets import first_api_key
from bertrelease_operator.api.golden import CasesConfigMap, GoldenSet
from bertrelease_operator.api.golden_cases import GoldenCase
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.gates.golden import judge
from bertrelease_operator.core.gates.golden_answers import Answer
from bertrelease_operator.core.gates.golden_cases import GoldenSetError, checked, parse_cases, recorded_cases


class GoldenSetGate(GateRunner):
    """Writes nothing, so that there is nothing to clean up."""

    def __init__(self, cluster: Cluster, interview: Interview) -> None:
        self._cluster = cluster
        self._interview = interview

    async def run(self, question: GateQuestion) -> GateResult:
        section = question.gate.golden_set or GoldenSet()
        try:
            cases = await self._cases(question, section)
            async with together() as interviews:
                candidate = interviews.create_task(self._answers(question, section, question.run.version, cases))
                stable = interviews.create_task(self._answers_of_stable(question, section, cases))
        except (GoldenSetError, CannotAskError, ClusterError) as error:
            return GateResult(Verdict.NO_DATA, str(error))
        # Scores of translations take a while.
        return await asyncio.to_thread(judge, section, cases, candidate.result(), stable.result())

    async def _answers_of_stable(
        self, question: GateQuestion, section: GoldenSet, cases: Sequence[GoldenCase]
    ) -> dict[str, Answer] | None:
        """None if there is nothing to compare with, or nothing is to be compared."""
        if question.run.stable is None or not section.compares:
            return None
        return await self._answers(question, section, question.run.stable, cases)

    async def _answers(
        self, question: GateQuestion, section: GoldenSet, version: str, cases: Sequence[GoldenCase]
    ) -> dict[str, Answer]:
        return await self._interview.ask_all(await self._asked(question, section, version), cases)

    async def _cases(self, question: GateQuestion, section: GoldenSet) -> tuple[GoldenCase, ...]:
        cases: list[GoldenCase] = []
        if section.config_map is not None:
            cases += await self._written(question.namespace, section.config_map)
        if section.bundle:
            teller = question.run.stable or question.run.version
            cases += recorded_cases(await self._interview.recorded(await self._asked(question, section, teller)))
        return checked(cases, "the golden set")

    async def _written(self, namespace: str, source: CasesConfigMap) -> tuple[GoldenCase, ...]:
        try:
            stored = await self._cluster.get(CONFIG_MAP, namespace, source.name)
        except NotFoundError as error:
            raise GoldenSetError(f"there is no ConfigMap {source.name} in {namespace}: create it") from error
        text = (stored.get("data") or {}).get(source.key)
        if text is None:
            raise GoldenSetError(f"ConfigMap {source.name} has no key {source.key}: write the cases there")
        return await asyncio.to_thread(parse_cases, text, f"{source.name}/{source.key}")

    async def _asked(self, question: GateQuestion, section: GoldenSet, version: str) -> Asked:
        keys = question.api_keys.get(version)
        return Asked(
            version=version,
            url=question.urls[version],
            gate=question.gate.name,
            timeout_seconds=section.request_timeout_seconds,
            concurrency=section.concurrency,
            api_key=await first_api_key(self._cluster, question.namespace, keys) if keys is not None else None,
        )
