"""What is known of the request that is being answered: who asked, until when, and where its time went."""

import time
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

    def stage(self, stage: Stage) -> "_Timed":
        """A block whose duration is added to the stage."""
        return _Timed(self, stage)


class _Timed:
    """A class, since a generator's context manager takes three times as long, and a cached answer little else."""

    __slots__ = ("_began", "_call", "_stage")

    def __init__(self, call: Call, stage: Stage) -> None:
        self._call = call
        self._stage = stage

    def __enter__(self) -> None:
        self._began = time.monotonic()
        self._call.stage_began.setdefault(self._stage, self._began)

    def __exit__(self, *_: object) -> None:
        seconds = self._call.stage_seconds
        seconds[self._stage] = seconds.get(self._stage, 0.0) + time.monotonic() - self._began


current_call: ContextVar[Call] = ContextVar("current_call")
