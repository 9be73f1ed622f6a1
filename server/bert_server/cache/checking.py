"""Whether what another process left in the shared cache can be the answer to a job: anybody may have written it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bert_server.inference.jobs import FillMaskJob, Job, JobResult, MaskResult, ScoredToken, Translation


class ResultSizes(NamedTuple):
    """Of a model: how many tokens it knows, and the length of its vectors, 0 if it gives none."""

    vocabulary: int
    vector: int


def require_possible(result: JobResult, job: Job, sizes: ResultSizes) -> None:
    """`result` has the type that the job asks for. Raises ValueError if its sizes or numbers do not fit."""
    if isinstance(result, np.ndarray):
        fits = result.shape == (sizes.vector,) and bool(np.isfinite(result).all())
    elif isinstance(result, Translation):
        fits = _are_tokens(result.token_ids, sizes) and math.isfinite(result.score)
    else:
        fits = isinstance(job, FillMaskJob) and _masks_fit(result, job, sizes)
    if not fits:
        raise ValueError("no such result is possible")


def _masks_fit(masks: MaskResult, job: FillMaskJob, sizes: ResultSizes) -> bool:
    return len(masks) == len(job.mask_positions) and all(_row_fits(row, job, sizes) for row in masks)


def _row_fits(row: Sequence[ScoredToken], job: FillMaskJob, sizes: ResultSizes) -> bool:
    token_ids = [token.token_id for token in row]
    if job.candidates:
        complete = sorted(token_ids) == sorted(job.candidates)
    else:
        complete = len({*token_ids}) == len(token_ids) == min(job.top_k, sizes.vocabulary)
    return complete and _are_tokens(token_ids, sizes) and all(0 <= token.score <= 1 for token in row)


def _are_tokens(token_ids: Sequence[int], sizes: ResultSizes) -> bool:
    return all(0 <= token_id < sizes.vocabulary for token_id in token_ids)
