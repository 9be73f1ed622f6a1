"""What the golden set makes of cases and answers."""

import json
from typing import Any

import pytest

from bertrelease_operator.api.golden import GoldenSet
from bertrelease_operator.api.golden_cases import FillMaskCase, GoldenCase, SimilarityCase, TranslationCase
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.gates.golden import MOST_LISTED, judge
from bertrelease_operator.core.gates.golden_answers import Answer
from bertrelease_operator.core.gates.golden_cases import GoldenSetError, parse_cases, recorded_cases

POEM = "床前明月光，疑是地[MASK]霜。"
HOTPOT = Answer(("火锅", "上"))


def fill_mask(count: int) -> list[GoldenCase]:
    return [FillMaskCase(id=f"poem-{number}", text=POEM, expected=["上"]) for number in range(count)]


def answers(cases: list[GoldenCase], right: int) -> dict[str, Answer]:
    """The first `right` of them are right."""
    return {case.id: Answer(("上", "火锅")) if n < right else HOTPOT for n, case in enumerate(cases)}


def verdicts(result: GateResult) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in result.checks}


# Cases


def test_yaml_and_json_lines_hold_the_same_cases() -> None:
    documents = [
        {"text": POEM, "expected": ["上", "下"], "topK": 2, "weight": 3},
        {"id": "alike", "a": "画龙点睛", "b": "锦上添花", "min": 0.3},
        {"source": "今天天气很好。", "reference": "The weather is fine today."},
    ]
    lines = "\n\n".join(json.dumps(document, ensure_ascii=False) for document in documents)
    cases = parse_cases(lines, "cases.jsonl")
    assert cases == parse_cases(json.dumps(documents, ensure_ascii=False), "cases.yaml")
    assert [case.id for case in cases] == ["1", "alike", "3"]
    assert cases[0] == FillMaskCase(id="1", text=POEM, expected=["上", "下"], top_k=2, weight=3)
    assert cases[2] == TranslationCase(id="3", source="今天天气很好。", references=["The weather is fine today."])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "holds no case"),
        ("{}", "is no list"),
        ("- [", "is no YAML"),
        ("- &poem {text: '画龙[MASK]睛', expected: [点]}\n- *poem", "has an alias; write out what it stands for"),
        ("[" * 1000, "is nested more than 32 levels deep"),
        ("- text: 画龙点睛\n  expected: [点]", r"case 1: .*\[MASK\] once"),
        ("- text: 画龙[MASK]睛", "case 1: expected: Field required"),
        ("- text: 画龙[MASK]睛\n  expected: [点]\n  colour: red", "case 1: colour: Extra inputs"),
        ("- question: 火锅", "case 1: write text and expected, a and b, or source and references"),
        ("- {a: 一, b: 二}", "case 1: .*set min, max or both"),
        ("- {id: x, a: 一, b: 二, min: 0.5}\n- {id: x, a: 一, b: 二, max: 0.5}", "two cases with the id 'x'"),
        ("- 火锅", "case 1: write text"),
    ],
)
def test_a_set_that_cannot_be_used_is_refused_with_the_place_and_what_to_write(text: str, complaint: str) -> None:
    with pytest.raises(GoldenSetError, match=rf"cases.yaml.*{complaint}"):
        parse_cases(text, "cases.yaml")


def test_a_line_that_is_no_json_is_named() -> None:
    with pytest.raises(GoldenSetError, match=r"cases.jsonl, line 3: no JSON"):
        parse_cases('{"text": "a[MASK]", "expected": ["b"]}\n\n{', "cases.jsonl")


def test_more_cases_than_can_be_asked_are_refused() -> None:
    with pytest.raises(GoldenSetError, match="1000 are the most"):
        parse_cases(json.dumps([{"text": POEM, "expected": ["上"]}] * 1001), "cases.yaml")


@pytest.mark.parametrize("name", ["cases.yaml", "cases.jsonl"])
def test_far_more_cases_than_can_be_asked_are_refused_before_they_are_read_one_by_one(name: str) -> None:
    text = "\n".join(["- x" if name.endswith("yaml") else "[]"] * 10_000)
    with pytest.raises(GoldenSetError, match=f"{name} holds 10000 cases, 1000 are the most"):
        parse_cases(text, name)


def test_a_text_that_is_too_long_is_refused_by_its_size() -> None:
    with pytest.raises(GoldenSetError, match=r"cases\.yaml has 1200001 bytes, 1048576 are the most; use several gates"):
        parse_cases("#" + "天" * 400_000, "cases.yaml")


def test_a_set_of_long_texts_is_read() -> None:
    cases = [{"text": f"{'天' * 300}[MASK]", "expected": ["上"]}] * 1000
    assert len(parse_cases(json.dumps(cases, ensure_ascii=False), "cases.yaml")) == 1000


def test_a_line_that_is_nested_without_end_is_no_json() -> None:
    with pytest.raises(GoldenSetError, match="line 1: no JSON"):
        parse_cases("[" * 100_000, "cases.jsonl")


def test_what_a_bundle_recorded_becomes_cases() -> None:
    told = {
        "fill_mask": [{"text": POEM, "token": "上"}],
        "translate": [{"text": "我们喜欢雪。", "translation": "We like snow."}],
    }
    assert recorded_cases(told) == (
        FillMaskCase(id="bundle 1", text=POEM, expected=["上"]),
        TranslationCase(id="bundle 2", source="我们喜欢雪。", references=["We like snow."]),
    )
    unknown: tuple[Any, ...] = ({}, [], {"fill_mask": [{}], "translate": []})
    for wrong in unknown:
        with pytest.raises(GoldenSetError, match="GET /golden"):
            recorded_cases(wrong)


# Accuracy


@pytest.mark.parametrize(("right", "verdict"), [(9, Verdict.PASS), (8, Verdict.FAIL)])
def test_the_accuracy_has_a_floor(right: int, verdict: Verdict) -> None:
    cases = fill_mask(10)
    result = judge(GoldenSet(min_accuracy_percent=90), cases, answers(cases, right), None)
    assert verdicts(result) == {"accuracy": verdict}
    assert result.verdict is verdict


def test_failures_are_listed_with_what_was_expected_and_what_both_versions_said() -> None:
    cases = fill_mask(30)
    result = judge(GoldenSet(), cases, answers(cases, 0), answers(cases, 30))
    assert result.verdict is Verdict.FAIL
    assert "0 of 30 cases are right" in result.message
    assert len(result.failures) == MOST_LISTED
    assert result.total_failures == 30
    first = result.failures[0]
    assert (first.case, first.expected, first.got, first.stable_got) == (f"poem-0: {POEM}", "上", "火锅 上", "上 火锅")


def test_one_of_the_likeliest_words_is_enough_where_the_case_says_so() -> None:
    case = FillMaskCase(id="1", text=POEM, expected=["下", "上"], top_k=2)
    assert judge(GoldenSet(), [case], {"1": HOTPOT}, None).verdict is Verdict.PASS
    strict = case.model_copy(update={"top_k": 1})
    assert judge(GoldenSet(), [strict], {"1": HOTPOT}, None).verdict is Verdict.FAIL


def test_weights_count_in_the_accuracy() -> None:
    heavy, light = fill_mask(2)
    cases = [heavy.model_copy(update={"weight": 9}), light]
    assert judge(GoldenSet(min_accuracy_percent=90), cases, answers(cases, 1), None).verdict is Verdict.PASS


def test_a_version_that_does_not_answer_a_case_is_wrong_there() -> None:
    cases = fill_mask(1)
    result = judge(GoldenSet(), cases, {"poem-0": Answer(problem="500: the engine failed")}, None)
    assert result.verdict is Verdict.FAIL
    assert result.failures[0].got == "500: the engine failed"


@pytest.mark.parametrize(("similarity", "right"), [(0.5, True), (0.29, False), (0.81, False), (None, False)])
def test_similarities_have_limits_on_both_sides(similarity: float | None, right: bool) -> None:
    case = SimilarityCase(id="1", a="画龙点睛", b="锦上添花", min=0.3, max=0.8)
    result = judge(GoldenSet(), [case], {"1": Answer(similarity=similarity)}, None)
    assert (result.verdict is Verdict.PASS) is right


# Compared with the stable version


@pytest.mark.parametrize(
    ("lost", "verdict"),
    [
        (1, Verdict.PASS),  # within the margin
        (4, Verdict.PASS),  # beyond it, and 1 in 16: chance
        (5, Verdict.FAIL),  # 1 in 32
    ],
)
def test_a_loss_against_the_stable_version_fails_beyond_the_margin_if_it_is_no_chance(
    lost: int, verdict: Verdict
) -> None:
    cases = fill_mask(100)
    result = judge(GoldenSet(min_accuracy_percent=50), cases, answers(cases, 100 - lost), answers(cases, 100))
    assert verdicts(result) == {"accuracy": Verdict.PASS, "accuracy-vs-stable": verdict}


def test_a_clear_loss_within_the_margin_passes() -> None:
    cases = fill_mask(1000)
    section = GoldenSet(min_accuracy_percent=50, max_accuracy_loss_percent=2)
    assert judge(section, cases, answers(cases, 980), answers(cases, 1000)).verdict is Verdict.PASS
    assert judge(section, cases, answers(cases, 979), answers(cases, 1000)).verdict is Verdict.FAIL


def test_the_comparison_can_be_turned_off_and_is_left_out_without_a_stable_version() -> None:
    cases = fill_mask(100)
    off = GoldenSet.model_validate({"minAccuracyPercent": 50, "maxAccuracyLossPercent": 100})
    assert verdicts(judge(off, cases, answers(cases, 60), answers(cases, 100))) == {"accuracy": Verdict.PASS}
    assert verdicts(judge(GoldenSet(), cases, answers(cases, 100), None)) == {"accuracy": Verdict.PASS}


def test_a_version_that_is_wrong_where_the_stable_one_was_wrong_too_loses_nothing() -> None:
    cases = fill_mask(100)
    result = judge(GoldenSet(min_accuracy_percent=50), cases, answers(cases, 60), answers(cases, 60))
    assert result.verdict is Verdict.PASS
    assert result.total_failures == 40


# Translations

SENTENCES = {f"{number}": f"We like snow in winter and rain in spring number {number} ." for number in range(30)}
TRANSLATIONS: list[GoldenCase] = [
    TranslationCase(id=name, source=f"我们喜欢雪 {name}。", references=[text]) for name, text in SENTENCES.items()
]
GOOD = {name: Answer((text,)) for name, text in SENTENCES.items()}
BAD = {name: Answer((text.replace("snow", "hotpot").replace("spring", "hotpot"),)) for name, text in SENTENCES.items()}


def test_translations_have_a_floor_of_bleu_and_a_limit_of_ter() -> None:
    section = GoldenSet(min_bleu=60, max_ter=15)
    assert judge(section, TRANSLATIONS, GOOD, None).verdict is Verdict.PASS
    result = judge(section, TRANSLATIONS, BAD, None)
    assert verdicts(result) == {"answered": Verdict.PASS, "bleu": Verdict.FAIL, "ter": Verdict.FAIL}
    assert result.total_failures == 30
    assert "hotpot" in result.failures[0].got


def test_translations_are_compared_with_those_of_the_stable_version() -> None:
    result = judge(GoldenSet(), TRANSLATIONS, GOOD, GOOD)
    assert verdicts(result) == {"answered": Verdict.PASS, "bleu-vs-stable": Verdict.PASS}
    result = judge(GoldenSet(), TRANSLATIONS, BAD, GOOD)
    assert verdicts(result) == {"answered": Verdict.PASS, "bleu-vs-stable": Verdict.FAIL}
    assert result.failures[0].stable_got.startswith("We like snow")


def test_a_translation_that_never_came_counts_as_an_empty_one() -> None:
    none = {name: Answer(problem="no answer within 10 s") for name in SENTENCES}
    result = judge(GoldenSet(min_bleu=10, max_ter=99), TRANSLATIONS, none, None)
    assert verdicts(result) == {"answered": Verdict.FAIL, "bleu": Verdict.FAIL, "ter": Verdict.FAIL}
    assert result.total_failures == 30


@pytest.mark.parametrize("compared", [False, True], ids=["first version", "beside a stable one"])
def test_translations_that_do_not_come_are_wrong_whatever_else_is_asked_of_them(compared: bool) -> None:
    refused = {name: Answer(problem="404: no such task") for name in SENTENCES}
    result = judge(GoldenSet(), TRANSLATIONS, refused, refused if compared else None)
    assert result.verdict is Verdict.FAIL
    assert "0 of 30 translations came (0.0 %), 90 % are asked for" in result.message
    assert (result.total_failures, result.failures[0].got) == (30, "404: no such task")


def test_the_few_translations_that_do_not_come_are_listed_although_the_version_passes() -> None:
    most = GOOD | {"7": Answer(problem="500"), "8": Answer(("",))}
    result = judge(GoldenSet(), TRANSLATIONS, most, None)
    assert result.verdict is Verdict.PASS
    assert [failure.case.split(":")[0] for failure in result.failures] == ["7", "8"]


def test_limits_for_translations_without_any_are_a_mistake_that_passes_nothing() -> None:
    cases = fill_mask(5)
    result = judge(GoldenSet(min_bleu=30), cases, answers(cases, 5), None)
    assert result.verdict is Verdict.NO_DATA
    assert "minBleu" in result.message


def test_a_mixed_set_is_judged_by_both() -> None:
    cases = [*fill_mask(10), *TRANSLATIONS]
    result = judge(GoldenSet(min_bleu=60), cases, answers(cases, 10) | GOOD, answers(cases, 10) | GOOD)
    assert set(verdicts(result)) == {"accuracy", "accuracy-vs-stable", "answered", "bleu", "bleu-vs-stable"}
    assert result.verdict is Verdict.PASS
