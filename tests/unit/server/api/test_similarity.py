import httpx
import pytest

PATH = "/semantic-similarity"


async def test_two_texts_give_one_number(client: httpx.AsyncClient) -> None:
    answer = (await client.post(PATH, json={"text": "天地", "other": "地天"})).json()
    assert (answer["similarity"], answer["truncated"], answer["version"]) == (1, [], "v1.2.3")
    assert "similarities" not in answer


async def test_one_text_against_many_gives_a_number_for_each(client: httpx.AsyncClient) -> None:
    answer = (await client.post(PATH, json={"text": "天地", "others": ["地天", "人"], "pooling": "cls"})).json()
    assert answer["similarities"] == [1, pytest.approx(0.730297)]


async def test_texts_that_were_cut_are_named(client: httpx.AsyncClient) -> None:
    body = {"text": "天" * 15, "others": ["天", "地" * 15], "truncate": True}
    assert (await client.post(PATH, json=body)).json()["truncated"] == ["text", "others[1]"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"other": "天"}, "text"),
        ({"text": "天"}, "other"),
        ({"text": "天", "other": "天", "others": ["天"]}, "other"),
        ({"text": "天", "others": []}, "others"),
        ({"text": " ", "other": "天"}, "text"),
        ({"text": "天", "other": " "}, "other"),
        ({"text": "天", "others": ["天", " "]}, "others[1]"),
        ({"text": "天", "others": ["天", "地" * 15]}, "others[1]"),
        ({"text": "天", "other": "天", "pooling": "max"}, "pooling"),
    ],
)
async def test_what_does_not_fit_is_named(client: httpx.AsyncClient, body: object, field: str) -> None:
    response = await client.post(PATH, json=body)
    assert (response.status_code, response.json()["field"]) == (422, field)
