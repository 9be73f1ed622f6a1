"""What is known of the request that is being answered: who asked, until when, and where its time went."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bert_server.bundle.manifest import Task
from bert_server.inference.jobs import Vector


class Stage(StrEnum):
    TOKENIZE = "tokenize"
    QUEUE = "queue"
    INFER = "infer"
    POSTPROCESS = "postprocess"


class Prediction(NamedTuple):
    """What a request's first text was answered, to be compared with another version's answer to the same request.

    `answer` is None where the score is all that there is; `score` is from 0 to 1, and None where there is none.
    """

    task: Task
    answer: str | Vector | None
    score: float | None


@dataclass(slots=True)
class Call:
    """`started` and `deadline` are moments of `time.monotonic()`. `stage_seconds` of jobs that ran side by side
    count the longest, so that they never add up to more than the request took. `stage_began` holds the moments at
    which the stages that `stage` measured began for the first time. `trace_id` is empty if the request belongs to
    no trace, and `sampled` says whether its trace is recorded. `by_gate` is a test of this version, not a user's
    request: it is counted apart, and computed even if the answer is known."""

    request_id: str
    started: float
    deadline: float
    stage_seconds: dict[Stage, float] = field(default_factory=dict)
    stage_began: dict[Stage, float] = field(default_factory=dict)
    jobs: int = 0
    tokens: int = 0  # of all jobs, cached ones included
    cached_jobs: int = 0
    confidences: list[float] = field(default_factory=list)  # probability of the best answer, of each mask
    prediction: Prediction | None = None
    trace_id: str = ""
    sampled: bool = False
    by_gate: bool = False

    @contextmanager
    def stage(self, stage: Stage) -> Generator[None]:
        """Adds the block's duration to the stage."""
        began = time.monotonic()
        self.stage_began.setdefault(stage, began)
        try:
            yield
        finally:
            self.stage_seconds[stage] = self.stage_seconds.get(stage, 0.0) + time.monotonic() - began


current_call: ContextVar[Call] = ContextVar("current_call")
