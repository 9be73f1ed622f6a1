"""The document and its page, held against what the server does."""

from typing import Any

import httpx
import jsonschema
import msgspec
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from bert_server.api import families
from bert_server.api.openapi import document
from bert_server.app import create_app
from bert_server.service import Service
from bert_server.settings import Settings

DOCUMENT = msgspec.json.decode(msgspec.json.encode(document(families.OPERATIONS, "v1.2.3")))
METHODS = [(path, method, found) for path, methods in DOCUMENT["paths"].items() for method, found in methods.items()]
# A toy does not translate, and its name is not that of the examples.
ANSWERED = ["/fill-mask", "/semantic-similarity", "/feature-extraction"]


def _validator(schema: Any) -> jsonschema.Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource("urn:document", DRAFT202012.create_resource(DOCUMENT))
    absolute = msgspec.json.decode(msgspec.json.encode(schema).replace(b'"#/', b'"urn:document#/'))
    return jsonschema.Draft202012Validator(absolute, registry=registry)


def _json_schema(content: Any) -> Any:
    ((_, media),) = content.items()
    return media["schema"]


async def test_the_document_is_served(client: httpx.AsyncClient) -> None:
    response = await client.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    assert response.json() == DOCUMENT


def test_every_route_but_those_of_the_pages_is_documented(service: Service) -> None:
    documented = {operation.path for operation in families.OPERATIONS}
    routed = {route.path for route in families.routes(service)}
    pages = {
        "/",
        "/static/{digest}/{name:path}",
        "/docs",
        "/docs/icon.svg",
        "/docs/page.css",
        "/docs/page.js",
        "/openapi.json",
    }
    assert routed - pages == documented


def test_operations_have_names_of_their_own() -> None:
    names = [found["operationId"] for _, _, found in METHODS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("path", "method", "operation"), METHODS, ids=[f"{m} {p}" for p, m, _ in METHODS])
def test_examples_fit_their_schemas(path: str, method: str, operation: Any) -> None:
    del path
    assert ("requestBody" in operation) == (method == "post")
    for media in operation.get("requestBody", {}).get("content", {}).values():
        assert media["examples"]
        for example in media["examples"].values():
            _validator(media["schema"]).validate(example["value"])


@pytest.mark.parametrize("path", ANSWERED)
async def test_answers_and_refusals_fit_their_schemas(client: httpx.AsyncClient, path: str) -> None:
    operation = DOCUMENT["paths"][path]["post"]
    for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
        body = {name: value for name, value in example["value"].items() if name != "candidates"}
        for asked, status in ((body, "200"), (body | {"text": ""}, "422"), (body | {"no": 1}, "422")):
            response = await client.post(path, json=asked)
            assert str(response.status_code) in {status, "422"}
            schema = _json_schema(operation["responses"][str(response.status_code)]["content"])
            _validator(schema).validate(response.json())


def test_exactly_one_of_text_and_texts_is_allowed() -> None:
    schema = DOCUMENT["paths"]["/fill-mask"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = _validator(schema)
    allowed = [{"text": "a"}, {"texts": ["a"]}, {"text": "a", "texts": ["a"]}, {}]
    assert [validator.is_valid(body) for body in allowed] == [True, True, False, False]


async def test_the_page_and_its_files_come_from_the_server_itself(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "//" not in page.text.replace("http-equiv", "")
    for name in ("icon.svg", "page.css", "page.js"):
        assert f'"docs/{name}"' in page.text
        assert (await client.get(f"/docs/{name}")).status_code == 200


async def test_without_a_web_page_there_is_no_such_page_but_the_document(service: Service) -> None:
    service.settings = Settings(bundle=service.settings.bundle, web_page=False)
    transport = httpx.ASGITransport(app=create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        assert (await client.get("/docs")).status_code == 404
        assert (await client.get("/openapi.json")).status_code == 200
