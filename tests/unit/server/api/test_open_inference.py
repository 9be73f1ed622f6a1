import json
from typing import Any

import httpx
import numpy as np
import pytest

from bert_server.service import Service

INFER = "/v2/models/toy/infer"


def _request(*texts: str, **more: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}], **more}


def _outputs(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return {output["name"]: output for output in response.json()["outputs"]}


async def test_masks_of_several_texts_are_rows_that_say_whose_they_are(client: httpx.AsyncClient) -> None:
    body = _request("上[MASK]", "天[MASK]人[MASK]", id="q-7", parameters={"top_k": 2})
    response = await client.post(INFER, json=body)
    outputs = _outputs(response)
    assert outputs["candidates"]["shape"] == outputs["scores"]["shape"] == [3, 2]
    assert outputs["candidates"]["data"][::2] == ["下", "地", "和"]
    assert outputs["scores"]["data"][::2] == pytest.approx([0.9] * 3)
    assert outputs["text_index"]["data"] == [0, 1, 1]
    answer = response.json()
    assert (answer["id"], answer["model_name"], answer["model_version"]) == ("q-7", "toy", "v1.2.3")


async def test_only_the_outputs_asked_for_are_sent(client: httpx.AsyncClient) -> None:
    outputs = _outputs(await client.post(INFER, json=_request("上[MASK]", outputs=[{"name": "candidates"}])))
    assert outputs.keys() == {"candidates"}


async def test_the_outputs_say_which_task_it_is(client: httpx.AsyncClient) -> None:
    body = _request("天地", "人", outputs=[{"name": "features"}], parameters={"pooling": "mean"})
    features = _outputs(await client.post(INFER, json=body))["features"]
    assert (features["datatype"], features["shape"]) == ("FP32", [2, 4])
    assert features["data"] == [0, 1, 2, 1, 0, 0, 1, 2]


async def test_candidates_are_an_input_of_their_own(client: httpx.AsyncClient) -> None:
    body = _request("上[MASK]")
    body["inputs"].append({"name": "candidates", "datatype": "BYTES", "shape": [2, 1], "data": [["天"], ["下"]]})
    assert _outputs(await client.post(INFER, json=body))["candidates"]["data"] == ["下", "天"]


async def test_texts_of_which_a_part_was_used_are_named(client: httpx.AsyncClient) -> None:
    response = await client.post(INFER, json=_request("上[MASK]", "[MASK]" + "天" * 20))
    assert response.json()["parameters"] == {"cut_texts": "1"}


async def test_binary_texts_and_outputs_go_beside_the_json(client: httpx.AsyncClient) -> None:
    content = "上[MASK]".encode()
    attached = len(content).to_bytes(4, "little") + content
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(attached)}}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True, "top_k": 1}}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    response = await client.post(INFER, content=head + attached, headers=headers)
    length = int(response.headers["inference-header-content-length"])
    sizes = [o["parameters"]["binary_data_size"] for o in json.loads(response.content[:length])["outputs"]]
    rest = response.content[length:]
    assert sum(sizes) == len(rest)
    assert rest[: sizes[0]] == (3).to_bytes(4, "little") + "下".encode()
    assert np.frombuffer(rest[sizes[0] : sizes[0] + sizes[1]], "<f4") == pytest.approx(0.9)


async def test_one_output_can_be_binary_and_another_not(client: httpx.AsyncClient) -> None:
    outputs = [{"name": "scores", "parameters": {"binary_data": True}}, {"name": "candidates"}]
    response = await client.post(INFER, json=_request("上[MASK]", outputs=outputs))
    head = json.loads(response.content[: int(response.headers["inference-header-content-length"])])
    assert ["data" in output for output in head["outputs"]] == [True, False]


TEXT = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["上[MASK]"]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": []},
        {"inputs": [TEXT, TEXT]},
        {"inputs": [TEXT], "unknown": 1},
        {"inputs": [TEXT | {"name": "sentence"}]},
        {"inputs": [TEXT | {"datatype": "FP32"}]},
        {"inputs": [TEXT | {"shape": [2]}]},
        {"inputs": [TEXT | {"shape": []}]},
        {"inputs": [TEXT | {"shape": [-1]}]},
        {"inputs": [TEXT | {"shape": [1, 2]}]},
        {"inputs": [TEXT | {"data": [1]}]},
        {"inputs": [TEXT | {"data": [], "shape": [0]}]},
        {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1]}]},
        {"inputs": [TEXT | {"parameters": {"binary_data_size": 1}}]},
        {"inputs": [TEXT | {"parameters": {"binary_data_size": True}}]},
        {"inputs": [TEXT], "outputs": [{"name": "nothing"}]},
        {"inputs": [TEXT], "outputs": [{"name": "scores"}, {"name": "features"}]},
        {"inputs": [TEXT], "parameters": {"beam": 1}},
        {"inputs": [TEXT], "parameters": {"top_k": 0}},
        {"inputs": [TEXT], "parameters": {"top_k": "5"}},
        {"inputs": [TEXT], "parameters": {"top_k": True}},
        {"inputs": [TEXT], "parameters": {"pooling": "mean"}},
        {"inputs": [TEXT], "outputs": [{"name": "features"}], "parameters": {"pooling": "max"}},
        {"inputs": [TEXT | {"data": ["上"]}]},
    ],
    ids=str,
)
async def test_what_does_not_fit_is_a_400_with_an_error(client: httpx.AsyncClient, body: object) -> None:
    response = await client.post(INFER, json=body)
    assert (response.status_code, response.json().keys()) == (400, {"error"})
    assert len(response.json()["error"]) > 10


@pytest.mark.parametrize(
    ("attached", "length"),
    [
        (b"\x05\0\0\0ab", None),
        (b"\x01\0\0", None),
        (b"\x01\0\0\0\xff", None),
        *((b"", length) for length in ("x", "99999", "-1", "9" * 5000, "0" * 5000)),
    ],
    ids=lambda given: str(given)[:20],
)
async def test_bytes_that_are_no_tensor_are_refused(
    client: httpx.AsyncClient, attached: bytes, length: str | None
) -> None:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(attached)}}
    head = json.dumps({"inputs": [tensor]}).encode()
    headers = {"Inference-Header-Content-Length": length or str(len(head))}
    response = await client.post(INFER, content=head + attached, headers=headers)
    assert response.status_code == 400


async def test_the_server_and_its_models_describe_themselves(client: httpx.AsyncClient) -> None:
    server = (await client.get("/v2")).json()
    assert server == {"name": "bert-server", "version": "v1.2.3", "extensions": ["binary_tensor_data"]}
    for path in ("/v2/models/toy", "/v2/models/toy/versions/v1.2.3"):
        model = (await client.get(path)).json()
        assert (model["name"], model["versions"], model["platform"]) == ("toy", ["v1.2.3"], "next-in-vocabulary")
        assert [tensor["name"] for tensor in model["inputs"]] == ["text", "candidates"]
        assert {tensor["name"] for tensor in model["outputs"]} == {"candidates", "scores", "text_index", "features"}


async def test_health_follows_that_of_the_server(client: httpx.AsyncClient, service: Service) -> None:
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/toy/ready", "/v2/models/toy/versions/v1.2.3/ready"):
        assert (await client.get(path)).status_code == 200
    service.draining = True
    assert (await client.get("/v2/health/live")).status_code == 200
    for path in ("/v2/health/ready", "/v2/models/toy/ready"):
        assert (await client.get(path)).status_code == 503


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/toy/versions/1", "/v2/models/other/ready"])
async def test_other_models_and_versions_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert (response.status_code, response.json().keys()) == (404, {"error"})
