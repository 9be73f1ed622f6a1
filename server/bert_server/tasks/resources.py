"""What every task needs to be done: tokenization off the event loop, inference, and a deadline."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from bert_server.calls import Stage, current_call
from bert_server.inference.contract import Inference, JobAnswer
from bert_server.inference.jobs import Job, JobResult

Tokenized = TypeVar("Tokenized")

# Texts of so many characters together take about as long to tokenize as it takes to hand them to another thread.
INLINE_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Resources:
    """For one request; `deadline` is a moment of `time.monotonic()`. Notes in `current_call` where the time goes."""

    inference: Inference
    tokenizing: Executor
    deadline: float

    async def tokenize(self, function: Callable[[Sequence[str]], Tokenized], texts: Sequence[str]) -> Tokenized:
        """`function(texts)`; long texts on another thread, where they do not keep others waiting."""
        with current_call.get().stage(Stage.TOKENIZE):
            if sum(map(len, texts)) <= INLINE_CHARACTERS:
                return function(texts)
            return await asyncio.get_running_loop().run_in_executor(self.tokenizing, function, texts)

    async def compute(self, jobs: Sequence[Job]) -> list[JobResult]:
        """A result for each job, in their order. Raises what `Inference.compute` does."""
        answers = await self.inference.compute(jobs, self.deadline)
        _note(jobs, answers)
        return [answer.result for answer in answers]


def _note(jobs: Sequence[Job], answers: Sequence[JobAnswer]) -> None:
    """The times of jobs that ran side by side are those of the job that was done last."""
    call = current_call.get()
    call.jobs += len(jobs)
    call.tokens += sum(len(job.token_ids) for job in jobs)
    call.cached_jobs += sum(answer.cached for answer in answers)
    last = max(answers, key=lambda answer: answer.queue_seconds + answer.infer_seconds)
    for stage, seconds in ((Stage.QUEUE, last.queue_seconds), (Stage.INFER, last.infer_seconds)):
        call.stage_seconds[stage] = call.stage_seconds.get(stage, 0.0) + seconds
