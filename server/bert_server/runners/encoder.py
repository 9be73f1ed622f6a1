"""Runs fill-mask and feature jobs on an encoder."""

from collections.abc import Iterator, Sequence

import numpy as np

from bert_server.engines.protocol import Encoder, EncoderBatch, EncoderOutput, Ids
from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, JobResult, Pooling
from bert_server.runners.ranking import Ranking

# Packed sequences look at each other's places and find them hidden: work that grows with the square. Beyond this
# many tokens it costs more than larger matrices gain (measured on bert-base's shape: 192 to 256 tokens are best).
PACK_TOKENS = 256
EncoderJob = FillMaskJob | FeatureJob


class EncoderRunner:
    """Packs jobs into inferences, and reads each one's answer out of them."""

    def __init__(self, engine: Encoder) -> None:
        self._engine = engine
        self._ranking = Ranking()

    def run(self, jobs: Sequence[Job]) -> list[JobResult]:
        encoder_jobs = [_checked(job) for job in jobs]
        results: list[JobResult] = []
        for pack in packs(encoder_jobs):
            batch = _assemble(pack)
            results.extend(self._read(pack, self._engine.infer(batch)))
        return results

    def padded_length(self, tokens: int) -> int:
        return self._engine.padded_length(tokens)

    def _read(self, pack: Sequence[EncoderJob], output: EncoderOutput) -> Iterator[JobResult]:
        row = mask = 0
        for job in pack:
            rows = len(_rows_of(job))
            if isinstance(job, FillMaskJob):
                yield tuple(self._ranking.rank(logits, job) for logits in output.logits[mask : mask + rows])
                mask += rows
            elif job.pooling is Pooling.CLS:
                yield output.hidden[row].copy()
            else:
                yield output.hidden[row : row + rows].mean(axis=0)
            row += rows


def packs(jobs: Sequence[EncoderJob]) -> Iterator[Sequence[EncoderJob]]:
    """The jobs in their order, cut into as few packs as PACK_TOKENS allows, of about equal size.

    A job that is longer is a pack of its own.
    """
    total = sum(len(job.token_ids) for job in jobs)
    wanted = total / max(1, -(-total // PACK_TOKENS))
    start = tokens = 0
    for place, job in enumerate(jobs):
        if place > start and (tokens >= wanted or tokens + len(job.token_ids) > PACK_TOKENS):
            yield jobs[start:place]
            start, tokens = place, 0
        tokens += len(job.token_ids)
    if jobs:
        yield jobs[start:]


def _assemble(pack: Sequence[EncoderJob]) -> EncoderBatch:
    rows: list[int] = []
    head_rows: list[int] = []
    offset = 0
    for job in pack:
        wanted = _rows_of(job)
        if isinstance(job, FillMaskJob):
            head_rows.extend(range(len(rows), len(rows) + len(wanted)))
        rows.extend(offset + place for place in wanted)
        offset += len(job.token_ids)
    return EncoderBatch(
        token_ids=np.concatenate([job.token_ids for job in pack]),
        lengths=tuple(len(job.token_ids) for job in pack),
        rows=_ids(rows),
        head_rows=_ids(head_rows),
    )


def _rows_of(job: EncoderJob) -> Sequence[int]:
    """The places in the sequence whose last hidden state the job needs."""
    if isinstance(job, FillMaskJob):
        return job.mask_positions
    return (0,) if job.pooling is Pooling.CLS else range(len(job.token_ids))


def _ids(values: list[int]) -> Ids:
    return np.array(values, dtype=np.int64)


def _checked(job: Job) -> EncoderJob:
    if isinstance(job, FillMaskJob | FeatureJob):
        return job
    raise TypeError(f"an encoder cannot do a {type(job).__name__}")
