"""What all tasks of an fp32 bundle answer, against `transformers` with the checkpoint that it was made from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examples.models.texts import questions
from tests.server.reference import Reference
from tests.server.running import RunningServer

# Between two libraries that compute the same in another order.
TOLERANCE = 1e-4
TOP_K = 5
TEXTS = [
    *(question.text for question in questions()[:12]),
    "天",
    "Hello, 世界! 3.14",
    "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。" * 4,
]


@pytest.fixture(scope="module")
def reference(good_checkpoint: Path) -> Reference:
    return Reference(good_checkpoint)


@pytest.fixture(scope="module")
def exact(fp32_bundle: Path) -> Iterator[RunningServer]:
    with RunningServer(fp32_bundle) as running:
        yield running.wait_until_ready()


def _ask(server: RunningServer, path: str, **body: Any) -> Any:
    response = server.client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_tokens_and_probabilities_are_those_of_the_reference(exact: RunningServer, reference: Reference) -> None:
    for question in questions():
        _assert_same(exact.fill_mask(question.text, TOP_K), reference.best(question.text, TOP_K)[0])


def test_several_masks_are_answered_in_their_order(exact: RunningServer, reference: Reference) -> None:
    text = "[MASK]眠不觉晓，处处闻啼[MASK]。"
    for answers, expected in zip(exact.fill_mask(text, TOP_K), reference.best(text, TOP_K), strict=True):
        _assert_same(answers, expected)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_vectors_are_those_of_the_reference(exact: RunningServer, reference: Reference, pooling: str) -> None:
    vectors = _ask(exact, "/feature-extraction", texts=TEXTS, pooling=pooling)["results"]
    for text, vector in zip(TEXTS, vectors, strict=True):
        hidden = reference.hidden(text)
        expected = hidden[0] if pooling == "cls" else hidden.mean(axis=0)
        assert vector == pytest.approx(expected, abs=TOLERANCE)


def test_the_vector_of_cls_is_the_default(exact: RunningServer, reference: Reference) -> None:
    vector = _ask(exact, "/feature-extraction", text=TEXTS[0])["result"]
    assert vector == pytest.approx(reference.hidden(TEXTS[0])[0], abs=TOLERANCE)


def test_similarities_are_the_cosines_of_the_mean_vectors(exact: RunningServer, reference: Reference) -> None:
    first, *others = (reference.hidden(text).mean(axis=0) for text in TEXTS)
    expected = [first @ other / np.linalg.norm(first) / np.linalg.norm(other) for other in others]
    answer = _ask(exact, "/semantic-similarity", text=TEXTS[0], others=TEXTS[1:])
    assert answer["similarities"] == pytest.approx(np.maximum(expected, 0), abs=TOLERANCE)


def test_candidates_keep_their_probability_over_the_whole_vocabulary(
    exact: RunningServer, reference: Reference
) -> None:
    text, candidates = TEXTS[0], ["上", "的", "一", "人"]
    (probabilities,) = reference.probabilities(text)
    ids = reference.tokenizer.convert_tokens_to_ids(candidates)
    expected = sorted(((probabilities[i], c) for i, c in zip(ids, candidates, strict=True)), reverse=True)
    answer = _ask(exact, "/fill-mask", text=text, candidates=candidates)["result"]
    assert [found["score"] for found in answer] == pytest.approx([score for score, _ in expected], abs=TOLERANCE)
    assert answer[0]["token"] == expected[0][1]


def test_a_batch_of_texts_is_answered_like_each_alone(exact: RunningServer) -> None:
    texts = [text for text in TEXTS if "[MASK]" in text]
    together = _ask(exact, "/fill-mask", texts=texts)["results"]
    for text, result in zip(texts, together, strict=True):
        alone = exact.fill_mask(text)
        assert [c["score"] for c in result["result"]] == pytest.approx([c["score"] for c in alone], abs=TOLERANCE)


def test_a_window_is_answered_like_the_same_stretch_sent_alone(exact: RunningServer, reference: Reference) -> None:
    text = "甲" * 700 + "床前明月光，疑是地[MASK]霜。" + "乙" * 700
    answer = _ask(exact, "/fill-mask", text=text)
    window = answer["window"]
    assert (window["last_token"] - window["first_token"] + 1, window["total_tokens"]) == (510, 1412)
    tokens = reference.tokenizer.tokenize(text)[window["first_token"] : window["last_token"] + 1]
    (probabilities,) = reference.probabilities("".join(tokens))
    assert [c["score"] for c in answer["result"]] == pytest.approx(np.sort(probabilities)[::-1][:5], abs=TOLERANCE)


def _assert_same(answers: list[dict[str, Any]], expected: list[tuple[str, float]]) -> None:
    assert [answer["score"] for answer in answers] == pytest.approx([score for _, score in expected], abs=TOLERANCE)
    assert answers[0]["token"] == expected[0][0]
