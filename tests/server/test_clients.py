"""Public clients of the protocols that the server speaks, against a real process."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from tests.server.running import RunningServer

POEM = "床前明月光，疑是地[MASK]霜。"
LINES = ["床前明月光", "处处闻啼鸟"]


@pytest.fixture(scope="module")
def model(server: RunningServer) -> str:
    """The name of the model that runs."""
    name: str = server.client.get("/version").json()["models"][0]["name"]
    return name


@pytest.fixture(scope="module")
def openai_client(server: RunningServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none is needed", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def triton_client(server: RunningServer) -> Iterator[triton.InferenceServerClient]:
    client = triton.InferenceServerClient(server.url.removeprefix("http://"))
    yield client
    client.close()


def _native(server: RunningServer, **body: Any) -> np.ndarray:
    """Mean-pooled vectors of length 1, as the server's own endpoint gives them."""
    response = server.client.post("/feature-extraction", json={"pooling": "mean", "normalize": True, **body})
    return np.array(response.json()["results"])


def test_openai_gives_the_vectors_of_the_native_endpoint(
    server: RunningServer, openai_client: openai.OpenAI, model: str
) -> None:
    expected = _native(server, texts=LINES)
    # Without a format the client asks for base64 and decodes it.
    compact = openai_client.embeddings.create(model=model, input=LINES)
    plain = openai_client.embeddings.create(model=model, input=LINES, encoding_format="float")
    for answer in (compact, plain):
        assert [entry.index for entry in answer.data] == [0, 1]
        assert np.array([entry.embedding for entry in answer.data]) == pytest.approx(expected, abs=1e-6)
    assert plain.usage.prompt_tokens == plain.usage.total_tokens == 14


def test_openai_takes_one_text_and_token_ids(openai_client: openai.OpenAI, model: str) -> None:
    one = openai_client.embeddings.create(model=model, input=LINES[0])
    assert len(one.data) == 1
    tokens = openai_client.embeddings.create(model=model, input=[[5, 6, 7], [6, 7]])
    assert [len(entry.embedding) for entry in tokens.data] == [len(one.data[0].embedding)] * 2
    assert tokens.usage.prompt_tokens == 9


def test_openai_knows_the_refusals_for_what_they_are(openai_client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError) as dimensions:
        openai_client.embeddings.create(model=model, input="天", dimensions=3)
    assert (dimensions.value.param, dimensions.value.code) == ("dimensions", "dimensions_not_supported")
    with pytest.raises(openai.BadRequestError) as too_long:
        openai_client.embeddings.create(model=model, input=["天", "天" * 600])
    assert (too_long.value.param, too_long.value.code) == ("input[1]", "text_too_long")
    with pytest.raises(openai.NotFoundError):
        openai_client.embeddings.create(model="other", input="天")


def test_openai_lists_the_models(openai_client: openai.OpenAI, model: str) -> None:
    assert [listed.id for listed in openai_client.models.list()] == [model]
    assert openai_client.models.retrieve(model).id == model


def test_triton_finds_the_server_and_its_model_alive(triton_client: triton.InferenceServerClient, model: str) -> None:
    assert triton_client.is_server_live()
    assert triton_client.is_server_ready()
    assert triton_client.is_model_ready(model)
    assert not triton_client.is_model_ready("other")
    assert triton_client.get_server_metadata()["name"] == "bert-server"
    metadata = triton_client.get_model_metadata(model)
    assert (metadata["name"], metadata["versions"]) == (model, ["v1.0.0"])


@pytest.mark.parametrize("sends_binary", [True, False])
@pytest.mark.parametrize("wants_binary", [True, False])
def test_triton_fills_masks_as_the_native_endpoint_does(
    server: RunningServer,
    triton_client: triton.InferenceServerClient,
    model: str,
    sends_binary: bool,
    wants_binary: bool,
) -> None:
    texts = triton.InferInput("text", [1], "BYTES")
    texts.set_data_from_numpy(np.array([POEM.encode()], dtype=object), binary_data=sends_binary)
    outputs = [triton.InferRequestedOutput(name, binary_data=wants_binary) for name in ("candidates", "scores")]
    answer = triton_client.infer(model, [texts], outputs=outputs, request_id="q-1", parameters={"top_k": 3})
    expected = server.fill_mask(POEM, 3)
    tokens = [token if isinstance(token, str) else token.decode() for token in answer.as_numpy("candidates")[0]]
    assert tokens == [candidate["token"] for candidate in expected]
    assert answer.as_numpy("scores")[0] == pytest.approx([candidate["score"] for candidate in expected], abs=1e-4)
    assert answer.get_response()["id"] == "q-1"


def test_triton_gets_vectors_of_the_version_it_names(
    server: RunningServer, triton_client: triton.InferenceServerClient, model: str
) -> None:
    texts = triton.InferInput("text", [2], "BYTES")
    texts.set_data_from_numpy(np.array([line.encode() for line in LINES], dtype=object))
    wanted = [triton.InferRequestedOutput("features")]
    parameters = {"pooling": "mean", "normalize": True}
    answer = triton_client.infer(model, [texts], model_version="v1.0.0", outputs=wanted, parameters=parameters)
    assert answer.as_numpy("features") == pytest.approx(_native(server, texts=LINES), abs=1e-6)


def test_triton_reads_the_reason_of_a_refusal(triton_client: triton.InferenceServerClient, model: str) -> None:
    texts = triton.InferInput("text", [1], "BYTES")
    texts.set_data_from_numpy(np.array([b"no mask"], dtype=object))
    with pytest.raises(InferenceServerException, match=r"text\[0\] holds no \[MASK\]"):
        triton_client.infer(model, [texts])
