import base64

import httpx
import numpy as np
import pytest

PATH = "/feature-extraction"
VECTOR = [0, 1, 2, 1]  # of 天地


async def test_one_text_gives_one_vector(client: httpx.AsyncClient) -> None:
    answer = (await client.post(PATH, json={"text": "天地"})).json()
    assert answer["result"] == VECTOR
    assert (answer["dimensions"], answer["tokens"], answer["truncated"]) == (4, 4, [])


async def test_several_texts_give_a_vector_for_each(client: httpx.AsyncClient) -> None:
    answer = (await client.post(PATH, json={"texts": ["天地", "人"], "pooling": "mean"})).json()
    assert answer["results"] == [VECTOR, [0, 0, 1, 2]]
    assert answer["tokens"] == 7


async def test_base64_holds_little_endian_floats_of_32_bits(client: httpx.AsyncClient) -> None:
    answer = (await client.post(PATH, json={"texts": ["天地"], "encoding": "base64"})).json()
    assert np.frombuffer(base64.b64decode(answer["results"][0]), "<f4").tolist() == VECTOR


async def test_numbers_are_those_of_the_base64_to_eight_decimals(client: httpx.AsyncClient) -> None:
    body = {"text": "天地人", "normalize": True}
    numbers = (await client.post(PATH, json=body)).json()["result"]
    exact = (await client.post(PATH, json={**body, "encoding": "base64"})).json()["result"]
    assert np.array(numbers) == pytest.approx(np.frombuffer(base64.b64decode(exact), "<f4"), abs=5.1e-9)
    assert np.linalg.norm(numbers) == pytest.approx(1)


async def test_a_text_that_may_be_cut_is_named(client: httpx.AsyncClient) -> None:
    body = {"texts": ["天", "地" * 15], "truncate": True}
    assert (await client.post(PATH, json=body)).json()["truncated"] == ["texts[1]"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"texts": ["天", ""]}, "texts[1]"),
        ({"text": "天" * 15}, "text"),
        ({"text": "天", "pooling": "max"}, "pooling"),
        ({"text": "天", "encoding": "hex"}, "encoding"),
        ({"text": "天", "normalize": 1}, "normalize"),
    ],
)
async def test_what_does_not_fit_is_named(client: httpx.AsyncClient, body: object, field: str) -> None:
    response = await client.post(PATH, json=body)
    assert (response.status_code, response.json()["field"]) == (422, field)
