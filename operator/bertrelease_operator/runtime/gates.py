"""Works at gates: one task for each run that decisions ask for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bertrelease_operator.adapters.errors import ClusterError, NotLeaderError
from bertrelease_operator.adapters.gates.contract import GateQuestion, GateRunner
from bertrelease_operator.api.gates import GateKind
from bertrelease_operator.api.secrets import ApiKeys
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.render.service import service_url
from bertrelease_operator.runtime.logs import about
from bertrelease_operator.runtime.observe import Snapshot
from bertrelease_operator.runtime.planning import owner_of
from bertrelease_operator.runtime.records import ReleaseKey
from bertrelease_operator.runtime.watcher import EvidenceListener

logger = logging.getLogger(__name__)

# Between two tries, unless the result says when; each NoData in a row doubles it.
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 30.0


@dataclass(slots=True)
class _Worked:
    """One run at work, or done."""

    question: GateQuestion
    result: GateResult | None = None
    task: asyncio.Task[None] | None = None


class GateKeeper:
    """Follows what decisions ask for. What is asked for no more is cancelled, and cleaned up after."""

    def __init__(
        self,
        runners: Mapping[GateKind, GateRunner],
        on_result: EvidenceListener,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._runners = runners
        self._on_result = on_result
        self._sleep = sleep
        self._releases: dict[ReleaseKey, dict[GateRun, _Worked]] = {}
        self._cleaning: set[asyncio.Task[None]] = set()

    def want(self, key: ReleaseKey, questions: Iterable[GateQuestion]) -> None:
        """From now on exactly `questions`. A gate that was edited begins anew; the others go on."""
        wanted = {question.run: question for question in questions}
        known = self._releases.pop(key, {})
        for run in [*known]:
            if run not in wanted:
                self._give_up(key, known.pop(run))
        for run, question in wanted.items():
            if run not in known:
                known[run] = self._begin(key, question)
        if known:
            self._releases[key] = known

    def results(self, key: ReleaseKey) -> dict[GateRun, GateResult]:
        """What the runs of a release say so far."""
        known = self._releases.get(key, {})
        return {run: worked.result for run, worked in known.items() if worked.result is not None}

    def forget(self, key: ReleaseKey) -> None:
        """Works at nothing of the release any more, and leaves what was begun to whoever goes on with it."""
        for worked in self._releases.pop(key, {}).values():
            _cancel(worked)

    def stop(self) -> None:
        for key in [*self._releases]:
            self.forget(key)

    def _begin(self, key: ReleaseKey, question: GateQuestion) -> _Worked:
        worked = _Worked(question)
        name = f"gate {question.gate.name} of {key[0]}/{key[1]}"
        worked.task = asyncio.create_task(self._work(key, worked), name=name)
        return worked

    async def _work(self, key: ReleaseKey, worked: _Worked) -> None:
        wait_seconds = FIRST_WAIT_SECONDS
        while True:
            result = await self._asked(key, worked.question)
            changed, worked.result = result != worked.result, result
            if changed:
                self._on_result(key, urgent=result.verdict is Verdict.FAIL)
            if result.is_final:
                return
            await self._sleep(result.again_in_seconds if result.again_in_seconds is not None else wait_seconds)
            could_run = result.verdict is not Verdict.NO_DATA
            wait_seconds = FIRST_WAIT_SECONDS if could_run else min(2 * wait_seconds, LONGEST_WAIT_SECONDS)

    async def _asked(self, key: ReleaseKey, question: GateQuestion) -> GateResult:
        try:
            return await self._runners[question.run.kind].run(question)
        except Exception as error:
            # A fault of one runner must not end the gate without a word; the deadline ends it.
            logger.exception("a gate could not run", extra=about(*key, version=question.run.version))
            return GateResult(Verdict.NO_DATA, f"It could not run: {type(error).__name__}: {error}")

    def _give_up(self, key: ReleaseKey, worked: _Worked) -> None:
        if worked.result is not None and worked.result.is_final:
            return
        _cancel(worked)
        task = asyncio.create_task(self._clean_up(key, worked), name=f"clean-up after {worked.question.gate.name}")
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)

    async def _clean_up(self, key: ReleaseKey, worked: _Worked) -> None:
        if worked.task is not None:
            await asyncio.wait([worked.task])  # it may still be in the middle of a write
        try:
            await self._runners[worked.question.run.kind].clean_up(worked.question)
        except (ClusterError, NotLeaderError) as error:
            logger.warning("a gate was not cleaned up after: %s", error, extra=about(*key))
        except Exception:
            logger.exception("a gate was not cleaned up after", extra=about(*key))


def _cancel(worked: _Worked) -> None:
    if worked.task is not None:
        worked.task.cancel()


def questions_of(snapshot: Snapshot, decision: Decision) -> Iterator[GateQuestion]:
    """What `decision` wants to be worked at; nothing for a version whose record is not stored yet."""
    observation = snapshot.observation
    gates = {gate.name: gate for gate in observation.spec.gates}
    for run in decision.gates:
        record = snapshot.revision(run.version)
        if record is None:
            continue
        view = observation.revisions[run.version]
        versions = (run.version, run.stable) if run.stable is not None else (run.version,)
        port = observation.spec.network.port
        yield GateQuestion(
            namespace=observation.namespace,
            release=observation.name,
            run=run,
            gate=gates[run.gate],
            urls={v: service_url(observation.namespace, observation.name, v, port) for v in versions},
            api_keys=dict(_api_keys(snapshot, versions)),
            owner=owner_of(record),
            record=view.spec,
            image=view.status.image_id,
            fingerprint=view.status.fingerprint,
        )


def _api_keys(snapshot: Snapshot, versions: Iterable[str]) -> Iterator[tuple[str, ApiKeys]]:
    for version in versions:
        view = snapshot.observation.revisions.get(version)
        if view is not None and view.spec.config.api_keys is not None:
            yield version, view.spec.config.api_keys
