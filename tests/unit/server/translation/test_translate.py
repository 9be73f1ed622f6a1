import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bert_server.calls import Call, current_call
from bert_server.inference.contract import JobAnswer
from bert_server.inference.jobs import FeatureJob, Job, Pooling, TranslateJob
from bert_server.models import TranslatorModel
from bert_server.tasks.errors import InputError
from bert_server.tasks.resources import Resources
from bert_server.tasks.translate import (
    MAX_SENTENCES,
    MAX_TEXT_CHARACTERS,
    SentencePair,
    TranslatedText,
    TranslateOptions,
    output_limit,
    translate,
)
from tests.unit.server.translation.conftest import MAX_TOKENS, UNKNOWN_SENTENCE, DictionaryEngine

LONG = "今天天气很好，" * 20


class Direct:
    """An `Inference` that computes at once, in one batch for each group."""

    def __init__(self, model: TranslatorModel) -> None:
        self._model = model
        self.jobs: list[Job] = []

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        del deadline
        self.jobs += jobs
        return [JobAnswer(self._model.runner.run([job])[0]) for job in jobs]


@pytest.fixture
def inference(translator: TranslatorModel) -> Direct:
    return Direct(translator)


@pytest.fixture
def resources(inference: Direct) -> Iterator[Resources]:
    token = current_call.set(Call("test", time.monotonic(), time.monotonic() + 60))
    with ThreadPoolExecutor(1) as tokenizing:
        yield Resources(inference, tokenizing, time.monotonic() + 60)
    current_call.reset(token)


async def ask(
    translator: TranslatorModel, resources: Resources, *texts: str, options: TranslateOptions | None = None
) -> list[TranslatedText]:
    return await translate(translator, texts, options or TranslateOptions(), resources)


async def test_a_text_is_translated_sentence_by_sentence(translator: TranslatorModel, resources: Resources) -> None:
    (text,) = await ask(translator, resources, "你好！今天天气很好。我们去公园吧！")
    assert text.translation == "Hello. The weather is fine today. Let us go to the park."
    assert text.sentences[1] == SentencePair("今天天气很好。", "The weather is fine today.", truncated=False)


async def test_line_breaks_stay_what_they_are(translator: TranslatorModel, resources: Resources) -> None:
    (text,) = await ask(translator, resources, "你好。\r\n今天天气很好。\r你好。\u2028你好。\r\n")
    assert text.translation == "Hello.\r\nThe weather is fine today.\rHello.\u2028Hello.\r\n"


async def test_line_breaks_stay_where_they_are(translator: TranslatorModel, resources: Resources) -> None:
    (text,) = await ask(translator, resources, "你好。\n\n  今天天气很好。  \n你好。\n")
    assert text.translation == "Hello.\n\n  The weather is fine today.\nHello.\n"
    assert [pair.source for pair in text.sentences] == ["你好。", "今天天气很好。", "你好。"]


async def test_what_holds_no_letter_is_left_as_it_is_and_never_computed(
    translator: TranslatorModel, resources: Resources, inference: Direct
) -> None:
    (text,) = await ask(translator, resources, "3.14 🔮\n……\n12：30")
    assert text.translation == "3.14 🔮\n……\n12：30"
    assert inference.jobs == []


async def test_texts_keep_their_order(translator: TranslatorModel, resources: Resources) -> None:
    texts = await ask(translator, resources, "画蛇添足", "你好。你好。", "123", "今天天气很好")
    assert [text.translation for text in texts] == [
        "to draw a snake and add feet",
        "Hello. Hello.",
        "123",
        "The weather is fine today.",
    ]


async def test_a_sentence_longer_than_the_model_is_translated_in_parts_that_fit(
    translator: TranslatorModel, resources: Resources, inference: Direct
) -> None:
    (text,) = await ask(translator, resources, LONG)
    assert len(text.sentences) == 1
    assert text.sentences[0].source == LONG
    assert len(inference.jobs) > 1
    assert all(len(job.token_ids) <= MAX_TOKENS for job in inference.jobs)
    encoder = translator.tokenizer
    ends = {encoder.end_id}
    asked = "".join(encoder.piece(i) for job in inference.jobs for i in job.token_ids.tolist() if i not in ends)
    assert asked.replace("▁", "") == LONG.replace("，", ",")


async def test_the_options_reach_the_engine(
    translator: TranslatorModel, resources: Resources, engine: DictionaryEngine
) -> None:
    options = TranslateOptions(beam_size=2, max_output_tokens=3, length_penalty=0.5)
    (text,) = await ask(translator, resources, "今天天气很好。", options=options)
    assert engine.batches == [(1, 2, 3, 0.5)]
    assert text.sentences[0].truncated


async def test_no_more_output_is_asked_for_than_the_model_has_places(
    translator: TranslatorModel, resources: Resources, engine: DictionaryEngine
) -> None:
    await ask(translator, resources, "你好。", options=TranslateOptions(max_output_tokens=512))
    await ask(translator, resources, "你好。")
    assert {limit for _, _, limit, _ in engine.batches} == {MAX_TOKENS}


@pytest.mark.parametrize(("tokens", "limit"), [(1, 64), (16, 64), (17, 128), (33, 256), (512, 512)])
def test_sentences_of_similar_length_share_the_limit_of_their_output(tokens: int, limit: int) -> None:
    assert output_limit(tokens) == limit


@pytest.mark.parametrize("text", ["", " \n\u3000"])
async def test_an_empty_text_is_refused_by_its_number(
    translator: TranslatorModel, resources: Resources, text: str
) -> None:
    with pytest.raises(InputError, match="is empty") as caught:
        await ask(translator, resources, "你好。", text)
    assert caught.value.index == 1


async def test_a_text_of_too_many_characters_is_refused_with_the_limit(
    translator: TranslatorModel, resources: Resources
) -> None:
    with pytest.raises(InputError) as caught:
        await ask(translator, resources, "天" * (MAX_TEXT_CHARACTERS + 1))
    assert (caught.value.limit, caught.value.actual) == (MAX_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS + 1)


async def test_more_sentences_than_a_queue_takes_are_refused_with_the_limit(
    translator: TranslatorModel, resources: Resources, inference: Direct
) -> None:
    with pytest.raises(InputError) as caught:
        await ask(translator, resources, "好。" * MAX_SENTENCES, "好。")
    assert (caught.value.index, caught.value.limit, caught.value.actual) == (1, MAX_SENTENCES, MAX_SENTENCES + 1)
    assert inference.jobs == []


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])  # the fixture has no state
@given(st.lists(st.text(st.sampled_from("你好天气。！，\n 1a"), min_size=1, max_size=40), min_size=1, max_size=4))
def test_every_sentence_of_any_text_has_its_translation(translator: TranslatorModel, texts: list[str]) -> None:
    asked = [text for text in texts if text.strip()] or ["你好"]

    async def run() -> list[TranslatedText]:
        current_call.set(Call("test", 0, 0))
        with ThreadPoolExecutor(1) as tokenizing:
            return await ask(translator, Resources(Direct(translator), tokenizing, 0), *asked)

    for source, text in zip(asked, asyncio.run(run()), strict=True):
        assert "".join("".join(pair.source for pair in text.sentences).split()) == "".join(source.split())
        assert text.translation.count("\n") == source.count("\n")
        assert all(pair.target for pair in text.sentences)


def test_a_runner_takes_translations_only(translator: TranslatorModel) -> None:
    token_ids = translator.tokenizer.encode("你好")
    with pytest.raises(TypeError, match="TranslateJob"):
        translator.runner.run([FeatureJob("toy", token_ids, Pooling.CLS)])


def test_a_batch_gives_a_result_for_each_job_in_order(translator: TranslatorModel, engine: DictionaryEngine) -> None:
    texts = ["你好", "画蛇添足", "无人知道"]
    jobs = [TranslateJob("toy", translator.tokenizer.encode(text), 4, 30, 1.0) for text in texts]
    said = [translator.tokenizer.decode(result.token_ids) for result in translator.runner.run(jobs)]  # type: ignore[union-attr]
    assert said == ["Hello.", "to draw a snake and add feet", UNKNOWN_SENTENCE]
    assert engine.batches == [(3, 4, 30, 1.0)]
    assert translator.runner.run([]) == []
