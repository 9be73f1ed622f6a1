"""A text's answer is the same alone and in any company: scores within a stated tolerance, and the same ranking."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, JobResult, MaskResult, Pooling, Vector
from bert_server.loading import load
from bert_server.models import EncoderModel
from bert_server.settings import Settings

# Other sizes of matrices are added up in another order. That is all that may show, in probabilities and in cosines.
TOLERANCE = 1e-3
VERSES = (
    "床前明月光，疑是地上霜。举头望明月，低头思故乡。春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"
    "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。红豆生南国，春来发几枝。愿君多采撷，此物最相思。"
)

places = st.integers(0, len(VERSES) - 1)
lengths = st.integers(1, len(VERSES))
kinds = st.sampled_from(["fill-mask", Pooling.CLS, Pooling.MEAN])


@pytest.fixture(scope="module")
def model(good_bundle: Path) -> EncoderModel:
    found = load(Settings(bundle=(good_bundle,)), lambda step: None).all[0]
    assert isinstance(found, EncoderModel)
    return found


def _job(model: EncoderModel, start: int, length: int, kind: str) -> Job:
    text = VERSES[start : start + length]
    if kind != "fill-mask":
        return FeatureJob(model.manifest.name, model.tokenizer.encode(text), Pooling(kind))
    middle = len(text) // 2
    token_ids = model.tokenizer.encode(f"{text[:middle]}{model.manifest.mask_token}{text[middle + 1 :]}")
    return FillMaskJob(model.manifest.name, token_ids, tuple(model.tokenizer.mask_positions(token_ids)), top_k=5)


@settings(max_examples=40)
@given(asked=st.lists(st.tuples(places, lengths, kinds), min_size=2, max_size=12))
def test_a_job_is_answered_alike_alone_and_in_any_batch(
    model: EncoderModel, asked: Sequence[tuple[int, int, str]]
) -> None:
    jobs = [_job(model, *what) for what in asked]
    alone = [model.runner.run([job])[0] for job in jobs]
    together = model.runner.run(jobs)
    assert len(together) == len(jobs)
    for one, other in zip(alone, together, strict=True):
        _assert_alike(one, other)


def _assert_alike(one: JobResult, other: JobResult) -> None:
    if isinstance(one, np.ndarray):
        vector = cast(Vector, other)
        assert one @ vector >= (1 - TOLERANCE) * np.linalg.norm(one) * np.linalg.norm(vector)
        return
    for row, other_row in zip(cast(MaskResult, one), cast(MaskResult, other), strict=True):
        scores = {answer.token_id: answer.score for answer in row}
        other_scores = [scores.get(answer.token_id, row[-1].score) for answer in other_row]
        assert [answer.score for answer in other_row] == pytest.approx([answer.score for answer in row], abs=TOLERANCE)
        # Whoever changed places was as likely as the other, within the tolerance.
        assert all(earlier >= later - TOLERANCE for earlier, later in pairwise(other_scores))
