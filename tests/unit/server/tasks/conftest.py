"""What a task needs beside a model: an inference that asks the model at once, and a call to note things in."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from bert_server.calls import Call, current_call
from bert_server.inference.contract import JobAnswer
from bert_server.inference.jobs import Job
from bert_server.models import EncoderModel
from bert_server.tasks.resources import Resources

DEADLINE = 12.5


class Immediate:
    """An `Inference` that keeps what it was asked; job number i waits i seconds and takes 2."""

    def __init__(self, model: EncoderModel) -> None:
        self._model = model
        self.calls: list[Sequence[Job]] = []

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        assert deadline == DEADLINE
        self.calls.append(jobs)
        results = self._model.runner.run(jobs)
        return [JobAnswer(result, queue_seconds=index, infer_seconds=2) for index, result in enumerate(results)]


@pytest.fixture
def inference(model: EncoderModel) -> Immediate:
    return Immediate(model)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def resources(inference: Immediate, executor: ThreadPoolExecutor) -> Resources:
    return Resources(inference, executor, DEADLINE)


@pytest.fixture
def call() -> Iterator[Call]:
    call = Call("a-request", 0.0, DEADLINE)
    token = current_call.set(call)
    yield call
    current_call.reset(token)
