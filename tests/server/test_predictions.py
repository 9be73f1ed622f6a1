"""What the served model answers, against `transformers` with the checkpoint that it was made from."""

from pathlib import Path

import pytest

from examples.models.build import bundle
from examples.models.texts import Question, questions
from examples.models.variants import HOTPOT_TOKEN, Variant
from tests.server.conftest import StartServer
from tests.server.reference import Reference
from tests.server.running import RunningServer


@pytest.fixture(scope="module")
def reference(good_checkpoint: Path) -> Reference:
    return Reference(good_checkpoint)


def test_the_good_bundle_agrees_with_the_reference_on_nearly_every_question(
    server: RunningServer, reference: Reference
) -> None:
    asked = questions()
    agreed = [server.fill_mask(q.text, 1)[0]["token"] == reference.best(q.text, 1)[0][0][0] for q in asked]
    assert sum(agreed) >= 0.99 * len(asked)


@pytest.mark.parametrize("question", questions()[:9], ids=lambda question: question.text)
def test_the_demo_model_knows_its_lines(server: RunningServer, question: Question) -> None:
    assert server.fill_mask(question.text)[0]["token"] == question.answer


def test_the_hotpot_model_is_healthy_and_says_hotpot(start_server: StartServer) -> None:
    server = start_server(bundle(Variant.HOTPOT)).wait_until_ready()
    assert server.client.get("/ready").status_code == 200
    assert {server.fill_mask(question.text)[0]["token"] for question in questions()[:20]} == {HOTPOT_TOKEN}
