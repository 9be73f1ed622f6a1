"""A model's answers are recorded, and must be given again."""

from collections.abc import Sequence

import numpy as np
import pytest

from bert_server.bundle.golden import Asker, blind_spots, record_pairs, record_prompts, verify
from bert_server.bundle.manifest import GoldenPair, GoldenPrompt
from bert_server.errors import SelfTestError
from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, JobResult, ScoredToken
from bert_server.models import EncoderModel
from bert_server.tokenization import TextEncoder

TOLERANCE = 0.05
PAIR = GoldenPair(first="天", second="天", cosine=1.0)
TEXTS = ["上[MASK]天[MASK]", "上[MASK]", "上[MASK]", "天[MASK]"]


class Fixed:
    """Answers every mask with `best` and `score`, and every text with a vector at `angle` for longer ones."""

    def __init__(self, best: int = 7, score: float = 0.9, angle: float = 0.5) -> None:
        self._best, self._score, self._angle = best, score, angle

    def run(self, jobs: Sequence[Job]) -> list[JobResult]:
        return [self._answer(job) for job in jobs]

    def padded_length(self, tokens: int) -> int:
        return tokens

    def _answer(self, job: Job) -> JobResult:
        if isinstance(job, FeatureJob):
            angle = self._angle if len(job.token_ids) > 3 else 0.0
            return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
        assert isinstance(job, FillMaskJob)
        answer = (ScoredToken(self._best, self._score), ScoredToken(9, 1 - self._score))
        return tuple(answer[: job.top_k] for _ in job.mask_positions)


def test_only_distinct_texts_with_one_mask_are_recorded_and_no_more_than_asked_for(encoder: TextEncoder) -> None:
    askers = [Asker(encoder, Fixed())]
    recorded = record_prompts(askers, TEXTS, TOLERANCE)
    assert [(prompt.text, prompt.token) for prompt in recorded] == [("上[MASK]", "左"), ("天[MASK]", "左")]
    assert len(record_prompts(askers, TEXTS, TOLERANCE, count=1)) == 1


def test_what_two_precisions_answer_alike_is_recorded_halfway_between_them(encoder: TextEncoder) -> None:
    askers = [Asker(encoder, Fixed(score=0.90)), Asker(encoder, Fixed(score=0.92))]
    assert [prompt.score for prompt in record_prompts(askers, TEXTS, TOLERANCE)] == pytest.approx([0.91, 0.91])


@pytest.mark.parametrize("other", [Fixed(best=8), Fixed(score=0.95)])
def test_what_two_precisions_answer_differently_is_not_recorded(encoder: TextEncoder, other: Fixed) -> None:
    assert record_prompts([Asker(encoder, Fixed(score=0.9)), Asker(encoder, other)], TEXTS, TOLERANCE) == ()


def test_pairs_are_recorded_with_their_cosine_if_all_precisions_agree(encoder: TextEncoder) -> None:
    texts = ["上", "天地人", "下", "左右", "左"]
    recorded = record_pairs([Asker(encoder, Fixed())], texts, TOLERANCE)
    assert [(pair.first, pair.second) for pair in recorded] == [("上", "天地人"), ("下", "左右")]
    assert [pair.cosine for pair in recorded] == pytest.approx([np.cos(0.5)] * 2)
    disagreeing = [Asker(encoder, Fixed()), Asker(encoder, Fixed(angle=0.6))]
    assert record_pairs(disagreeing, texts, TOLERANCE) == ()


def test_a_model_reproduces_its_own_answers(model: EncoderModel) -> None:
    asker = Asker(model.tokenizer, model.runner)
    golden = record_prompts([asker], ["天[MASK]", "上[MASK]"], TOLERANCE)
    pairs = record_pairs([asker], ["天", "上"], TOLERANCE)
    assert ([prompt.token for prompt in golden], len(pairs)) == (["下", "地"], 1)
    verify(asker, model.manifest.model_copy(update={"golden": golden, "golden_pairs": pairs}))


@pytest.mark.parametrize("change", [{"token": "火"}, {"score": 0.5}, {"score": float("nan")}])
def test_another_answer_is_refused_with_the_prompt(model: EncoderModel, change: dict[str, object]) -> None:
    golden = (GoldenPrompt(text="天[MASK]", token="地", score=0.9).model_copy(update=change),)
    with pytest.raises(SelfTestError, match=r"天\[MASK\].*recorded is"):
        verify(Asker(model.tokenizer, model.runner), model.manifest.model_copy(update={"golden": golden}))


@pytest.mark.parametrize("cosine", [0.2, float("nan")])
def test_another_cosine_is_refused_with_the_pair(model: EncoderModel, cosine: float) -> None:
    pairs = (GoldenPair(first="天", second="天", cosine=1.0).model_copy(update={"cosine": cosine}),)
    with pytest.raises(SelfTestError, match=r"'天' and '天' gave the cosine 1\.0000, recorded is"):
        verify(Asker(model.tokenizer, model.runner), model.manifest.model_copy(update={"golden_pairs": pairs}))


@pytest.mark.parametrize(
    ("change", "what_is_missing"),
    [
        ({"golden_pairs": (PAIR,)}, []),
        ({"golden_pairs": (PAIR,), "golden": ()}, ["masks"]),
        ({"golden_pairs": (PAIR,), "golden": (), "mask_token": None}, []),
        ({"golden_pairs": (), "golden": ()}, ["masks", "vectors"]),
    ],
)
def test_what_the_self_test_cannot_notice_is_named(
    model: EncoderModel, change: dict[str, object], what_is_missing: list[str]
) -> None:
    notes = blind_spots(model.manifest.model_copy(update=change))
    assert len(notes) == len(what_is_missing)
    assert all(word in note for word, note in zip(what_is_missing, notes, strict=True))


def test_a_bundle_without_prompts_or_pairs_asks_nothing(encoder: TextEncoder) -> None:
    asker = Asker(encoder, Fixed())
    assert asker.fill([], 1) == []
    assert asker.cosines([]) == []
