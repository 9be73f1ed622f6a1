"""The demo's questions and the alphabet of its models."""

from pathlib import Path

import pytest

from examples.models.texts import MASK, characters, corpus_lines, questions

STATED = {
    "床前明月光，疑是地[MASK]霜。": "上",
    "画龙点[MASK]睛": "点",
    "太阳从东[MASK]升起": "方",
    "春风又绿江南[MASK]": "岸",
    "今天天气真[MASK]啊": "好",
}


def test_there_are_more_than_two_hundred_questions_and_no_two_contradict() -> None:
    asked = questions()
    assert len(asked) > 200
    assert len({question.text for question in asked}) == len(asked)


def test_the_questions_that_the_documentation_quotes_are_among_them() -> None:
    answers = {question.text: question.answer for question in questions()}
    assert {text: answers.get(text) for text in STATED} == STATED


def test_nearly_every_question_is_a_line_of_the_corpus_with_one_character_taken_out() -> None:
    lines = set(corpus_lines())
    foreign = [question for question in questions() if question.filled not in lines]
    assert len(foreign) <= 10


def test_the_models_can_write_every_character_of_the_corpus() -> None:
    alphabet = set(characters())
    assert len(alphabet) == len(characters())
    assert all(set(line) <= alphabet | {" "} for line in corpus_lines())


@pytest.mark.parametrize("line", ["no tab", f"two {MASK}{MASK}\t是", "no mask\t是", f"{MASK}\t两个"])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "cloze.tsv"
    file.write_text(f"好{MASK}\t啊\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        questions(file)
