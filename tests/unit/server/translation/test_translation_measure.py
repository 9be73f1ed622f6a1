from collections.abc import Sequence
from pathlib import Path

import pytest

from bert_server.errors import PackagingError
from bert_server.inference.jobs import Job, TranslateJob, Translation
from bert_server.models import TranslatorModel
from bert_server.packaging.marian_measure import ReferenceTexts, compare, read_test_set, score

TEXTS = ReferenceTexts(("你好。", "画蛇添足"), ("Hello.", "to draw a snake and add feet"))


class Mute:
    """Says nothing."""

    def run(self, jobs: Sequence[Job]) -> list[Translation]:
        assert all(isinstance(job, TranslateJob) for job in jobs)
        return [Translation((), 0.0) for _ in jobs]

    def padded_length(self, tokens: int) -> int:
        return tokens


def test_a_test_set_is_a_text_a_tab_and_its_translation_a_line(tmp_path: Path) -> None:
    file = tmp_path / "test.tsv"
    file.write_text("你好。\tHello.\n\n画蛇添足\tto draw a snake and add feet\n", encoding="utf-8")
    assert read_test_set(file) == TEXTS


@pytest.mark.parametrize("line", ["没有译文", "一\ttwo\tthree", "一\t "])
def test_a_line_without_a_translation_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "test.tsv"
    file.write_text(f"你好。\tHello.\n{line}\n", encoding="utf-8")
    with pytest.raises(PackagingError, match=r"test\.tsv, line 2: expected a text, a tab and its translation"):
        read_test_set(file)


@pytest.mark.parametrize(("content", "problem"), [(b"", "holds no text"), (b"\xff\t\xfe", "cannot read the test set")])
def test_a_test_set_that_is_none_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "test.tsv").write_bytes(content)
    with pytest.raises(PackagingError, match=problem):
        read_test_set(tmp_path / "test.tsv")


def test_the_right_translations_score_100_and_need_no_edit() -> None:
    perfect = score(["Hello.", "to draw a snake and add feet"], TEXTS, "en")
    assert perfect.bleu == pytest.approx(100)
    assert perfect.ter == 0


def test_a_wrong_word_costs_bleu_and_is_one_edit() -> None:
    found = score(["Hello.", "to draw a snail and add feet"], TEXTS, "en")
    assert found.bleu < 80
    assert found.ter == pytest.approx(100 / 8)


def test_chinese_is_scored_by_characters() -> None:
    texts = ReferenceTexts(("The weather is fine today.",), ("今天的天气非常好。",))
    assert 30 < score(["今天的天气非常冷。"], texts, "zh").bleu < 100


def test_the_comparison_counts_where_both_say_the_same(translator: TranslatorModel) -> None:
    same = compare(translator.tokenizer, translator.runner, translator.runner, TEXTS, "en")
    assert (same.agreed, same.figures()["agreement_share"], same.ours.bleu) == (TEXTS.sources, 1.0, same.fp32.bleu)
    other = compare(translator.tokenizer, translator.runner, Mute(), TEXTS, "en")
    assert (other.agreed, other.figures()["agreement_share"], other.fp32.bleu) == ((), 0.0, 0.0)
