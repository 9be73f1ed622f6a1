import pytest

from bert_server.engines.ctranslate import Hypothesis, read_hypothesis
from bert_server.errors import SelfTestError
from bert_server.models import TranslatorModel
from bert_server.translation import golden
from tests.unit.server.translation.conftest import translator_manifest


def test_the_texts_that_the_model_is_surest_of_are_recorded(translator: TranslatorModel) -> None:
    texts = ["床前明月光，疑是地上霜。", "你好。", "画蛇添足", "你好。"]
    recorded = golden.record(translator.tokenizer, translator.runner, texts, count=2)
    assert [(pair.text, pair.translation) for pair in recorded] == [
        ("你好。", "Hello."),
        ("画蛇添足", "to draw a snake and add feet"),
    ]


def test_a_model_that_translates_as_recorded_passes(translator: TranslatorModel) -> None:
    golden.verify(
        translator.tokenizer,
        translator.runner,
        translator_manifest({"你好。画蛇添足": "Hello. to draw a snake and add feet"}),
    )


def test_another_translation_than_recorded_is_told_with_both(translator: TranslatorModel) -> None:
    with pytest.raises(SelfTestError, match=r"'你好。' gave 'Hello\.', recorded is 'Hi\.'"):
        golden.verify(translator.tokenizer, translator.runner, translator_manifest({"你好。": "Hi."}))


@pytest.mark.parametrize(
    ("hypotheses", "scores", "read"),
    [
        ([["▁Hi", "."], ["▁Ho"]], [-0.5, -0.9], Hypothesis(("▁Hi", "."), -0.5)),
        ([["▁Hi"]], [], Hypothesis(("▁Hi",), 0.0)),
        ([[]], [-1.0], Hypothesis((), -1.0)),
        ([], [], Hypothesis((), 0.0)),
    ],
)
def test_whatever_the_library_returns_is_one_hypothesis(
    hypotheses: list[list[str]], scores: list[float], read: Hypothesis
) -> None:
    assert read_hypothesis(hypotheses, scores) == read
