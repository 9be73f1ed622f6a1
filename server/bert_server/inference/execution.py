"""Running a batch so that each job gets its own result, and a job that breaks the engine breaks no other."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bert_server.inference.contract import EngineError, Runner
from bert_server.inference.jobs import Job, JobResult
from bert_server.inference.requests import Waiting


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one job of a batch, and how long the inference took that it was part of."""

    waiting: Waiting
    result: JobResult | EngineError
    infer_seconds: float


def execute(
    runner: Runner, batch: Sequence[Waiting], clock: Callable[[], float] = time.monotonic
) -> tuple[list[Outcome], bool]:
    """An outcome for each job, and whether they ran together: if that fails, each is tried alone."""
    began = clock()
    try:
        results = _run(runner, [waiting.job for waiting in batch])
    except Exception as error:  # noqa: BLE001  whatever it is, it belongs to who asked
        if len(batch) == 1:
            return [Outcome(batch[0], _engine_error(error), clock() - began)], False
        return list(_one_by_one(runner, batch, clock)), False
    seconds = clock() - began
    return [Outcome(waiting, result, seconds) for waiting, result in zip(batch, results, strict=True)], True


def _one_by_one(runner: Runner, batch: Sequence[Waiting], clock: Callable[[], float]) -> Iterator[Outcome]:
    for waiting in batch:
        outcomes, _ = execute(runner, [waiting], clock)
        yield from outcomes


def _run(runner: Runner, jobs: Sequence[Job]) -> Sequence[JobResult]:
    results = runner.run(jobs)
    if len(results) != len(jobs):
        raise EngineError(f"the engine gave {len(results)} results for {len(jobs)} jobs")
    return results


def _engine_error(error: Exception) -> EngineError:
    """The same error for the one who asked; the cause stays attached for the log."""
    if isinstance(error, EngineError):
        return error
    wrapped = EngineError(f"the engine failed: {type(error).__name__}: {error}")
    wrapped.__cause__ = error
    return wrapped
