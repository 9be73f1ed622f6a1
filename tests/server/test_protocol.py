"""HTTP as it comes over a real connection."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from examples.models.texts import questions
from tests.server.running import RunningServer

TEN_MEGABYTES = 10_000_000


def test_answers_never_go_to_another_request(server: RunningServer) -> None:
    texts = [question.text for question in questions()[:60]]
    alone = [server.fill_mask(text) for text in texts]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(server.fill_mask, texts * 3))
    assert together == alone * 3


def test_ten_megabytes_are_refused_and_the_connection_survives(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url) as client:
        response = client.post("/fill-mask", content=b"x" * TEN_MEGABYTES)
        assert (response.status_code, response.json()["actual"]) == (413, TEN_MEGABYTES)
        assert client.get("/health").status_code == 200


def test_a_client_that_asks_first_need_not_send_a_body_that_is_too_long(server: RunningServer) -> None:
    request = f"POST /fill-mask HTTP/1.1\r\nhost: a\r\ncontent-length: {TEN_MEGABYTES}\r\nexpect: 100-continue\r\n\r\n"
    assert _exchange(server, request.encode()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"POST /fill-mask HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
    ids=["no HTTP", "a length that is no number", "TLS"],
)
def test_what_is_no_http_gets_400(server: RunningServer, request_bytes: bytes) -> None:
    assert _exchange(server, request_bytes).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(server: RunningServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b'POST /fill-mask HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"text"')
    assert server.client.get("/health").status_code == 200
    assert server.fill_mask(questions()[0].text)


def test_a_text_of_512_tokens_is_used_whole_and_of_one_more_a_window(server: RunningServer) -> None:
    windows = []
    for others in (509, 510):
        answer = server.client.post("/fill-mask", json={"text": "好" * others + "[MASK]"}).json()
        assert len(answer["result"]) == 5
        windows.append(answer["window"])
    assert windows == [None, {"first_token": 1, "last_token": 510, "total_tokens": 511}]


@pytest.mark.parametrize(
    "text", ["[MASK]", "[MASK]" * 510, "\0[MASK]", "🔮[MASK]🔮", "[CLS][MASK][SEP]", "﷽[MASK]\u202e"]
)
def test_odd_but_valid_texts_are_answered(server: RunningServer, text: str) -> None:
    assert server.fill_mask(text, 1)


def test_a_metrics_scrape_is_plain_text_without_compression(server: RunningServer) -> None:
    response = httpx.get(server.metrics_url)
    assert response.headers["content-type"].startswith("text/plain")
    assert "bert_request_duration_seconds_bucket" in response.text


def test_chinese_comes_back_as_utf_8(server: RunningServer) -> None:
    body = json.dumps({"text": questions()[0].text}, ensure_ascii=False).encode()
    assert questions()[0].answer.encode() in server.client.post("/fill-mask", content=body).content


def _exchange(server: RunningServer, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(request)
        return connection.recv(65536)
