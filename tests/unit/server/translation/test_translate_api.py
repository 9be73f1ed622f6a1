from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bert_server.api.patience import Patience
from bert_server.app import create_app
from bert_server.models import EncoderModel, Models, TranslatorModel
from bert_server.service import Service
from bert_server.settings import Settings
from bert_server.tasks.translate import MAX_SENTENCES, MAX_TEXT_CHARACTERS


@pytest.fixture
async def client(translator: TranslatorModel) -> AsyncIterator[httpx.AsyncClient]:
    service = Service(Settings(bundle=(Path("/nowhere"),), version="v1.2.3", max_texts=5))
    service.adopt(Models([translator]), 0.1)
    async with _client(service) as client:
        yield client
    service.close()


async def test_one_text_is_answered_with_its_translation_and_who_made_it(client: httpx.AsyncClient) -> None:
    response = await client.post("/translate", json={"text": "你好！\n今天天气很好。"})
    answer = response.json()
    assert (response.status_code, answer["translation"]) == (200, "Hello.\nThe weather is fine today.")
    assert (answer["version"], answer["fingerprint"]) == ("v1.2.3", "sha256:" + "0" * 64)
    assert answer["timestamp"].endswith("Z")
    assert set(answer) == {"translation", "version", "fingerprint", "timestamp"}


async def test_several_texts_are_answered_in_their_order(client: httpx.AsyncClient) -> None:
    response = await client.post("/translate", json={"texts": ["画蛇添足", "你好", "12:30"]})
    assert response.json()["translations"] == ["to draw a snake and add feet", "Hello.", "12:30"]


async def test_sentences_come_with_their_translations_if_asked_for(client: httpx.AsyncClient) -> None:
    one = await client.post("/translate", json={"text": "你好。画蛇添足", "sentences": True})
    assert one.json()["sentences"] == [
        {"source": "你好。", "target": "Hello.", "truncated": False},
        {"source": "画蛇添足", "target": "to draw a snake and add feet", "truncated": False},
    ]
    several = await client.post("/translate", json={"texts": ["你好。"], "sentences": True})
    assert [[pair["target"] for pair in text] for text in several.json()["sentences"]] == [["Hello."]]


async def test_a_translation_that_was_cut_off_as_asked_says_so(client: httpx.AsyncClient) -> None:
    body = {"text": "今天天气很好。", "max_output_tokens": 3, "sentences": True}
    (pair,) = (await client.post("/translate", json=body)).json()["sentences"]
    assert pair["truncated"]
    assert "The weather is fine today.".startswith(pair["target"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"text": " "}, {"field": "text"}),
        ({"texts": ["你好", ""]}, {"field": "texts[1]"}),
        ({"texts": []}, {"field": "texts"}),
        ({"texts": ["好"] * 6}, {"field": "texts", "limit": 5, "actual": 6}),
        ({}, {"field": "text"}),
        ({"text": "好", "texts": ["好"]}, {"field": "text"}),
        ({"text": "好", "beam_size": 9}, {"field": "beam_size"}),
        ({"text": "好", "beam_size": 0}, {"field": "beam_size"}),
        ({"text": "好", "max_output_tokens": 0}, {"field": "max_output_tokens"}),
        ({"text": "好", "length_penalty": -1}, {"field": "length_penalty"}),
        ({"text": "好", "target": "de"}, {"field": "target"}),
        ({"text": "好" * 10_001}, {"field": "text", "limit": MAX_TEXT_CHARACTERS, "actual": 10_001}),
        ({"texts": ["你好", "好。" * 501]}, {"field": "texts[1]", "limit": MAX_SENTENCES, "actual": 502}),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_field_and_the_limit(
    client: httpx.AsyncClient, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    response = await client.post("/translate", json=body)
    problem = response.json()
    assert response.status_code == 422, problem
    assert {key: problem.get(key) for key in expected} == expected


async def test_a_server_without_a_translator_says_what_it_can_do(service: Service) -> None:
    async with _client(service) as client:
        response = await client.post("/translate", json={"text": "你好"})
    assert response.status_code == 404
    assert "no model of this server does translate; what they do: feature-extraction" in response.json()["detail"]


async def test_one_server_answers_for_an_encoder_and_a_translator(
    translator: TranslatorModel, model: EncoderModel
) -> None:
    service = Service(Settings(bundle=(Path("/one"), Path("/two"))))
    service.adopt(Models([model, translator]), 0.1)
    async with _client(service) as client:
        filled = await client.post("/fill-mask", json={"text": "天[MASK]"})
        translated = await client.post("/translate", json={"text": "你好"})
    service.close()
    assert (filled.status_code, translated.status_code) == (200, 200)
    assert translated.json()["translation"] == "Hello."
    assert filled.json()["fingerprint"] == translated.json()["fingerprint"]


def test_each_endpoint_has_the_patience_of_its_task(
    service: Service, model: EncoderModel, translator: TranslatorModel
) -> None:
    service.models = Models([model, translator])
    patience, settings = Patience(service), service.settings
    for path in ("/fill-mask", "/v2/models/toy/infer", f"/v2/models/toy/versions/{settings.version}/infer"):
        assert patience.seconds(path) == settings.deadline_seconds
    for path in ("/translate", f"/v2/models/{translator.manifest.name}/infer"):
        assert patience.seconds(path) == settings.translate_deadline_seconds


def _client(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(service)), base_url="http://toy")
