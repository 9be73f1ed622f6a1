"""Whole servers with a real Redis: what one computed another one knows, and Redis may die at any time."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import StartServer
from tests.server.redis_process import RedisProcess
from tests.server.running import RunningServer

PATIENCE_SECONDS = 60
CLIENTS = 4
TEXTS = [f"{first}[MASK]{second}。" for first in "春眠不觉晓处闻啼" for second in "床前明月光疑是地"]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with RedisProcess(tmp_path) as running:
        yield running


def ready(server: RunningServer) -> RunningServer:
    """With its Redis in use."""
    server.wait_until_ready()
    server.wait_for_log("Redis at")
    return server


def inference_ms(server: RunningServer, text: str) -> float:
    response = server.client.post("/fill-mask", json={"text": text})
    assert response.status_code == 200
    return float(response.headers["x-bert-inference-ms"])


def test_a_new_process_knows_what_another_one_with_the_same_model_computed(
    start_server: StartServer, good_bundle: Path, redis: RedisProcess
) -> None:
    computing = ready(start_server(good_bundle, version="v1.0.0", redis_url=redis.url))
    assert all(inference_ms(computing, text) > 0 for text in TEXTS)
    assert all(inference_ms(computing, text) == 0 for text in TEXTS)
    rolled_back = ready(start_server(good_bundle, version="v1.0.1", redis_url=redis.url))
    # A request waits 4 ms for Redis at most, which a busy machine may well exceed: not each lookup succeeds.
    assert any(inference_ms(rolled_back, text) == 0 for text in TEXTS)
    otherwise = ready(start_server(good_bundle, version="v1.0.0", redis_url=redis.url, precision="bf16"))
    assert all(inference_ms(otherwise, text) > 0 for text in TEXTS)


class Load:
    """Clients that ask as fast as they can, and what came of it."""

    def __init__(self, url: str) -> None:
        self.statuses: list[int] = []
        self.answers: dict[str, set[str]] = {text: set() for text in TEXTS}
        self._url = url
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, condition: Callable[[], bool], more_answers: int = 200) -> None:
        """Until so many more answers have come and the condition holds."""
        target = len(self.statuses) + more_answers
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.statuses) < target or not condition():
            assert time.monotonic() < deadline, f"{len(self.statuses)} answers"
            time.sleep(0.05)

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self._url) as client:
            while not self._end.is_set():
                number += 1
                text = TEXTS[number * 7 % len(TEXTS)]
                response = client.post("/fill-mask", json={"text": text, "top_k": 1})
                if response.status_code == 200:
                    self.answers[text].add(response.json()["result"][0]["token"])
                self.statuses.append(response.status_code)


def test_a_redis_that_dies_under_load_costs_no_request_and_changes_no_answer(
    start_server: StartServer, good_bundle: Path, redis: RedisProcess
) -> None:
    # So little memory that most requests go to Redis.
    server = ready(start_server(good_bundle, redis_url=redis.url, cache_mib=0.004))

    def is_up() -> bool:
        return server.metrics()["bert_shared_cache_up"] == 1

    with Load(server.url) as load:
        load.wait_for(is_up)
        redis.kill()
        load.wait_for(lambda: not is_up())
        redis.start()
        load.wait_for(is_up)
    assert set(load.statuses) == {200}
    assert {len(tokens) for tokens in load.answers.values()} == {1}
