import pytest

from bert_server.calls import Call, Stage
from bert_server.inference.jobs import FillMaskJob
from bert_server.models import EncoderModel
from bert_server.tasks.errors import CandidateError, InputError
from bert_server.tasks.fill_mask import FilledText, fill_masks
from bert_server.tasks.resources import Resources
from bert_server.tasks.windows import Window
from tests.unit.server.tasks.conftest import Immediate

pytestmark = pytest.mark.usefixtures("call")


async def _fill(
    model: EncoderModel, resources: Resources, *texts: str, top_k: int | None = None, candidates: tuple[str, ...] = ()
) -> list[FilledText]:
    return await fill_masks(model, texts, top_k=top_k, candidates=candidates, resources=resources)


async def test_each_mask_gets_its_own_candidates_in_the_order_of_the_text(
    model: EncoderModel, resources: Resources
) -> None:
    (text,) = await _fill(model, resources, "上[MASK]天[MASK]", top_k=2)
    first, second = text.masks
    assert [first[0].token, second[0].token] == ["下", "地"]
    assert len(first) == len(second) == 2
    assert first[0].score > first[1].score
    assert text.window is None


async def test_many_texts_are_asked_for_at_once_and_answered_in_their_order(
    model: EncoderModel, resources: Resources, inference: Immediate
) -> None:
    texts = await _fill(model, resources, "上[MASK]", "天[MASK]", "人[MASK]")
    assert [text.masks[0][0].token for text in texts] == ["下", "地", "和"]
    assert [len(jobs) for jobs in inference.calls] == [3]


async def test_candidates_are_ranked_alone_and_all_of_them(model: EncoderModel, resources: Resources) -> None:
    (text,) = await _fill(model, resources, "上[MASK]", candidates=("人", "下", "天", "地", "左", "右"))
    assert text.masks[0][0].token == "下"
    assert {candidate.token for candidate in text.masks[0]} == {"人", "下", "天", "地", "左", "右"}


async def test_top_k_counts_among_the_candidates_too(model: EncoderModel, resources: Resources) -> None:
    (text,) = await _fill(model, resources, "上[MASK]", candidates=("人", "下", "天"), top_k=1)
    assert [candidate.token for candidate in text.masks[0]] == ["下"]


async def test_the_same_candidates_in_another_order_are_the_same_question(
    model: EncoderModel, resources: Resources, inference: Immediate
) -> None:
    await _fill(model, resources, "上[MASK]", candidates=("人", "下", "人"))
    await _fill(model, resources, "上[MASK]", candidates=("下", "人"))
    ((first,), (second,)) = inference.calls
    assert isinstance(first, FillMaskJob)
    assert isinstance(second, FillMaskJob)
    assert (first.candidates, first.top_k) == (second.candidates, second.top_k)


async def test_a_candidate_that_is_not_one_token_is_named(model: EncoderModel, resources: Resources) -> None:
    with pytest.raises(CandidateError, match="'火锅', which is not one token") as caught:
        await _fill(model, resources, "上[MASK]", candidates=("下", "火锅"))
    assert caught.value.index == 1


async def test_a_long_text_is_seen_through_a_window_around_its_mask(
    model: EncoderModel, resources: Resources, inference: Immediate
) -> None:
    (text,) = await _fill(model, resources, "天" * 50 + "上[MASK]" + "人" * 50)
    assert text.masks[0][0].token == "下"
    assert text.window == Window(first_token=45, last_token=58, total_tokens=102)
    ((job,),) = inference.calls
    assert len(job.token_ids) == 16


async def test_masks_that_no_window_holds_are_refused_with_limit_and_actual(
    model: EncoderModel, resources: Resources
) -> None:
    with pytest.raises(InputError) as caught:
        await _fill(model, resources, "上[MASK]", "[MASK]" + "天" * 13 + "[MASK]")
    error = caught.value
    assert (error.kind, error.index, error.limit, error.actual) == ("text-too-long", 1, 16, 17)


@pytest.mark.parametrize(("text", "kind"), [("", "empty-text"), (" \n", "empty-text"), ("上下", "no-mask")])
async def test_a_text_without_a_mask_is_refused(
    model: EncoderModel, resources: Resources, inference: Immediate, text: str, kind: str
) -> None:
    with pytest.raises(InputError) as caught:
        await _fill(model, resources, "上[MASK]", text)
    assert (caught.value.kind, caught.value.index) == (kind, 1)
    assert inference.calls == []


async def test_the_call_learns_where_its_time_went_and_how_sure_the_model_is(
    model: EncoderModel, resources: Resources, call: Call
) -> None:
    await _fill(model, resources, "上[MASK]", "天[MASK]地[MASK]", top_k=1)
    assert (call.jobs, call.tokens, call.cached_jobs) == (2, 4 + 6, 0)
    assert call.confidences == [0.9, 0.9, 0.9]
    # The job that was done last waited one second; the other one did not wait.
    assert (call.stage_seconds[Stage.QUEUE], call.stage_seconds[Stage.INFER]) == (1, 2)
    assert call.stage_seconds.keys() == set(Stage)


async def test_long_texts_are_tokenized_on_another_thread_with_the_same_outcome(
    model: EncoderModel, resources: Resources
) -> None:
    (text,) = await _fill(model, resources, "天" * 5000 + "上[MASK]")
    assert text.masks[0][0].token == "下"
    assert text.window == Window(first_token=4988, last_token=5001, total_tokens=5002)
