"""Learning what a model costs before it is asked, so that even the first rush is admitted by a prediction."""

from collections.abc import Callable, Sequence

import numpy as np

from bert_server.inference.contract import Runner
from bert_server.inference.cost import CostModel
from bert_server.inference.jobs import FeatureJob, Job, Pooling

# A short and a longer text: two points make a line.
ENCODER_TOKENS = (16, 128)


def encoder_batches(model: str, max_tokens: int) -> list[list[Job]]:
    """Batches of one text each for an encoder; the tokens are any that every vocabulary has."""
    sizes = sorted({min(tokens, max_tokens) for tokens in ENCODER_TOKENS})
    return [[FeatureJob(model, np.ones(tokens, dtype=np.int64), Pooling.CLS)] for tokens in sizes]


def prime(costs: CostModel, runner: Runner, batches: Sequence[Sequence[Job]], clock: Callable[[], float]) -> None:
    """Run each batch twice, since the first time may compile kernels, and learn from the second."""
    for jobs in batches:
        runner.run(jobs)
        began = clock()
        runner.run(jobs)
        seconds = clock() - began
        padded_tokens = runner.padded_length(sum(len(job.token_ids) for job in jobs))
        costs.observe(jobs[0].model, jobs[0].batch_group, padded_tokens, seconds)
