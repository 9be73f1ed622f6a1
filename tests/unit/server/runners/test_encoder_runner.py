from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_server.engines.protocol import EncoderBatch, EncoderOutput
from bert_server.engines.shapes import exact_input
from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, MaskResult, Pooling, TranslateJob
from bert_server.runners.encoder import PACK_TOKENS, EncoderRunner, packs

VOCABULARY = 1000


class Places:
    """A token's state is (its id, its position, the length of its sequence); its head prefers the token itself.

    Reuses its memory, as engines do.
    """

    def __init__(self) -> None:
        self.batches: list[EncoderBatch] = []
        self._hidden = np.zeros((2 * PACK_TOKENS, 3), dtype=np.float32)
        self._logits = np.zeros((2 * PACK_TOKENS, VOCABULARY), dtype=np.float32)

    def infer(self, batch: EncoderBatch) -> EncoderOutput:
        self.batches.append(batch)
        exact = exact_input(batch)
        lengths = np.array(batch.lengths)[exact.sequences]
        hidden = self._hidden[: len(batch.rows)]
        hidden[:] = np.stack([exact.token_ids, exact.positions, lengths], axis=1)[batch.rows]
        logits = self._logits[: len(batch.head_rows)]
        logits[:] = 0
        logits[np.arange(len(logits)), hidden[batch.head_rows, 0].astype(int)] = 5
        return EncoderOutput(hidden, logits)

    def padded_length(self, tokens: int) -> int:
        return tokens + 1

    def describe(self) -> dict[str, Any]:
        return {}


def _job(ids: list[int], kind: str) -> FillMaskJob | FeatureJob:
    token_ids = np.array(ids, dtype=np.int64)
    if kind == "fill-mask":
        return FillMaskJob("model", token_ids, tuple(sorted({0, len(ids) - 1})), 3)
    return FeatureJob("model", token_ids, Pooling(kind))


jobs = st.lists(
    st.builds(
        _job,
        st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=120),
        st.sampled_from(["fill-mask", Pooling.CLS, Pooling.MEAN]),
    ),
    min_size=1,
    max_size=12,
)


@given(jobs)
def test_every_job_gets_its_own_answer_whatever_it_is_packed_with(asked: list[FillMaskJob | FeatureJob]) -> None:
    results = EncoderRunner(Places()).run(asked)
    assert len(results) == len(asked)
    for job, result in zip(asked, results, strict=True):
        tokens = len(job.token_ids)
        if isinstance(job, FillMaskJob):
            best = [mask[0].token_id for mask in cast(MaskResult, result)]
            assert best == [job.token_ids[place] for place in job.mask_positions]
        elif job.pooling is Pooling.CLS:
            assert cast(np.ndarray, result).tolist() == [job.token_ids[0], 0, tokens]
        else:
            expected = [job.token_ids.mean(), (tokens - 1) / 2, tokens]
            assert cast(np.ndarray, result) == pytest.approx(expected, rel=1e-5)


@given(jobs)
def test_packs_keep_the_order_and_stay_within_their_size(asked: list[FillMaskJob | FeatureJob]) -> None:
    packed = list(packs(asked))
    assert [job for pack in packed for job in pack] == asked
    for pack in packed:
        assert len(pack) == 1 or sum(len(job.token_ids) for job in pack) <= PACK_TOKENS
    assert all(packed)


def test_packs_are_of_about_equal_size() -> None:
    sixteen_tokens = [_job(list(range(16)), Pooling.CLS) for _ in range(18)]
    assert [len(pack) for pack in packs(sixteen_tokens)] == [9, 9]


def test_a_text_longer_than_a_pack_is_computed_alone() -> None:
    engine = Places()
    long, short = _job([1] * (PACK_TOKENS + 1), Pooling.CLS), _job([2, 3], Pooling.CLS)
    EncoderRunner(engine).run([short, long, short])
    assert [batch.lengths for batch in engine.batches] == [(2,), (PACK_TOKENS + 1,), (2,)]


def test_the_head_is_asked_for_masks_alone() -> None:
    engine = Places()
    EncoderRunner(engine).run([_job([5, 6, 7], Pooling.CLS), _job([5, 6, 7], "fill-mask")])
    assert engine.batches[0].rows.tolist() == [0, 3, 5]
    assert engine.batches[0].head_rows.tolist() == [1, 2]


def test_a_job_of_another_kind_is_refused_by_name() -> None:
    job = TranslateJob("model", np.array([1]), 1, 1, 1.0)
    with pytest.raises(TypeError, match="TranslateJob"):
        EncoderRunner(Places()).run(cast(list[Job], [job]))


def test_the_padded_length_is_the_engine_s() -> None:
    assert EncoderRunner(Places()).padded_length(7) == 8
