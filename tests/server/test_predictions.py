"""What the served model answers, against `transformers` with the checkpoint that it was made from."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, BertForMaskedLM

from examples.models.build import bundle
from examples.models.texts import Question, questions
from examples.models.variants import HOTPOT_TOKEN, Variant
from tests.server.conftest import StartServer
from tests.server.running import RunningServer

TOP_K = 5


class Reference:
    def __init__(self, directory: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        self._model = BertForMaskedLM.from_pretrained(directory, local_files_only=True).eval()

    def fill(self, text: str) -> list[list[tuple[str, float]]]:
        """For each mask the best tokens with their probabilities."""
        inputs = self._tokenizer(text, return_tensors="pt")
        masked = inputs["input_ids"][0] == self._tokenizer.mask_token_id
        with torch.inference_mode():
            rows = self._model(**inputs).logits[0, masked].softmax(-1)
        return [self._best(row) for row in rows]

    def _best(self, probabilities: torch.Tensor) -> list[tuple[str, float]]:
        best = probabilities.topk(TOP_K)
        tokens = self._tokenizer.convert_ids_to_tokens(best.indices.tolist())
        return list(zip(tokens, best.values.tolist(), strict=True))


@pytest.fixture(scope="module")
def reference(good_checkpoint: Path) -> Reference:
    return Reference(good_checkpoint)


def test_an_fp32_bundle_gives_the_tokens_and_probabilities_of_the_reference(
    start_server: StartServer, fp32_bundle: Path, reference: Reference
) -> None:
    server = start_server(fp32_bundle).wait_until_ready()
    for question in questions():
        answers = server.fill_mask(question.text, TOP_K)
        _assert_same(answers, reference.fill(question.text)[0])


def test_the_good_bundle_agrees_with_the_reference_on_nearly_every_question(
    server: RunningServer, reference: Reference
) -> None:
    asked = questions()
    agreed = [server.fill_mask(q.text, 1)[0]["token"] == reference.fill(q.text)[0][0][0] for q in asked]
    assert sum(agreed) >= 0.99 * len(asked)


@pytest.mark.parametrize("question", questions()[:9], ids=lambda question: question.text)
def test_the_demo_model_knows_its_lines(server: RunningServer, question: Question) -> None:
    assert server.fill_mask(question.text)[0]["token"] == question.answer


def test_the_hotpot_model_is_healthy_and_says_hotpot(start_server: StartServer) -> None:
    server = start_server(bundle(Variant.HOTPOT)).wait_until_ready()
    assert server.client.get("/ready").status_code == 200
    assert {server.fill_mask(question.text)[0]["token"] for question in questions()[:20]} == {HOTPOT_TOKEN}


def test_several_masks_are_answered_in_their_order(
    start_server: StartServer, fp32_bundle: Path, reference: Reference
) -> None:
    text = "[MASK]眠不觉晓，处处闻啼[MASK]。"
    masks = start_server(fp32_bundle).wait_until_ready().fill_mask(text, TOP_K)
    for answers, expected in zip(masks, reference.fill(text), strict=True):
        _assert_same(answers, expected)


def _assert_same(answers: list[dict[str, Any]], expected: list[tuple[str, float]]) -> None:
    assert [answer["score"] for answer in answers] == pytest.approx([score for _, score in expected], abs=1e-4)
    assert answers[0]["token"] == expected[0][0]
