"""The ring of answers: what a reader gets, and what it must never get."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter

from bert_server.bundle.manifest import Task
from bert_server.calls import Call, Prediction
from bert_server.inference.jobs import Vector
from bert_server.telemetry.predictions import FROM_NOW_ON, RecentPredictions, sketch
from bert_server.telemetry.scraping import scraped_app, start_scrape_server


def _call(request_id: str, answer: str | Vector | None = "锅", score: float | None = 0.9) -> Call:
    task = Task.FILL_MASK if isinstance(answer, str) else Task.FEATURE_EXTRACTION
    return Call(request_id, 0.0, 1.0, prediction=Prediction(task, answer, score))


def _digest(ring: RecentPredictions) -> str:
    digest = ring.since(None).predictions[-1].digest
    assert digest is not None
    return digest


def test_a_reader_that_comes_again_gets_each_answer_once() -> None:
    ring = RecentPredictions(8)
    ring.add(_call("a"))
    first = ring.since(None)
    ring.add(_call("b"))
    ring.add(_call("c"))
    second = ring.since(first.cursor)
    assert [len(first.predictions), len(second.predictions)] == [1, 2]
    assert ring.since(second.cursor).predictions == []
    assert ring.since(FROM_NOW_ON) == ring.since(second.cursor)


def test_what_a_gate_asked_is_not_kept() -> None:
    ring = RecentPredictions(8)
    asked = _call("a")
    asked.by_gate = True
    ring.add(asked)
    assert ring.since(None).predictions == []


def test_what_was_overwritten_is_counted_as_missed() -> None:
    ring = RecentPredictions(4)
    cursor = ring.since(None).cursor
    for number in range(10):
        ring.add(_call(str(number)))
    page = ring.since(cursor)
    assert (len(page.predictions), page.missed) == (4, 6)


def test_a_cursor_of_another_process_gets_all_that_this_one_has() -> None:
    before, after = RecentPredictions(8), RecentPredictions(8)
    for ring in (before, after):
        ring.add(_call("a"))
    assert len(after.since(before.since(None).cursor).predictions) == 1


def test_a_cursor_with_endless_digits_gets_everything() -> None:
    ring = RecentPredictions(8)
    ring.add(_call("a"))
    page = ring.since(None)
    process = page.cursor.partition("-")[0]
    for digit in "09":
        assert ring.since(f"{process}-{digit * 5000}") == page


@given(st.text(max_size=40))
def test_a_cursor_that_is_none_gets_everything(cursor: str) -> None:
    ring = RecentPredictions(8)
    ring.add(_call("a"))
    assert len(ring.since(cursor).predictions) == (0 if cursor == FROM_NOW_ON else 1)


def test_without_a_ring_nothing_is_kept() -> None:
    ring = RecentPredictions(0)
    ring.add(_call("a"))
    assert not ring.are_kept


def test_an_answer_that_failed_before_there_was_one_is_left_out() -> None:
    ring = RecentPredictions(8)
    ring.add(Call("a", 0.0, 1.0))
    assert ring.since(None).predictions == []


def test_two_servers_agree_on_the_same_answer_to_the_same_request_and_on_nothing_else() -> None:
    one, other = RecentPredictions(8), RecentPredictions(8)
    one.add(_call("a", "上"))
    other.add(_call("a", "上"))
    same = _digest(one)
    assert same == _digest(other)
    other.add(_call("a", "锅"))
    assert same != _digest(other)
    other.add(_call("b", "上"))
    assert same != _digest(other)  # nobody sees that two requests had the same answer


# ASCII such as "0" or "id" is part of any page.
LONG_ENOUGH = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=30)


@given(answer=LONG_ENOUGH, request_id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=17))
def test_neither_the_answer_nor_the_request_id_leaves_the_process(answer: str, request_id: str) -> None:
    ring = RecentPredictions(4)
    ring.add(_call(request_id, answer))
    kept = ring.since(None).predictions[0]
    seen = json.dumps([kept.id, kept.digest], ensure_ascii=False)
    assert answer not in seen
    assert request_id not in seen
    assert (len(kept.id), len(kept.digest or "")) == (16, 16)  # nor anything as long as they are


def _bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_vectors_share_the_more_bits_the_smaller_the_angle_between_them() -> None:
    rng = np.random.default_rng(1)
    apart: dict[float, list[int]] = {0.0: [], 0.1: [], 0.5: [], 10.0: []}
    for index in range(50):
        vector = rng.normal(size=64).astype(np.float32)
        for noise, found in apart.items():
            ring = RecentPredictions(1)
            ring.add(_call(str(index), vector, None))
            first = _digest(ring)
            ring.add(_call(str(index), (vector + noise * rng.normal(size=64)).astype(np.float32), None))
            found.append(_bits_apart(first, _digest(ring)))
    means = [float(np.mean(found)) for found in apart.values()]
    assert means[0] == 0
    assert means == sorted(means)
    assert means[1] < 4
    assert means[-1] > 25


def test_the_planes_are_the_same_in_every_version() -> None:
    assert sketch(np.arange(8, dtype=np.float32)).hex() == "d79dd15971400d2e"


def test_readers_on_other_threads_never_see_an_answer_twice_or_out_of_order() -> None:
    ring, done = RecentPredictions(64), threading.Event()
    seen: list[float | None] = []
    missed: list[int] = []

    def read() -> None:
        cursor = None
        while True:
            last = done.is_set()
            page = ring.since(cursor)
            cursor = page.cursor
            seen.extend(kept.score for kept in page.predictions)
            missed.append(page.missed)
            if last:
                return

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(5000):
        ring.add(_call(str(number), "锅", float(number)))
        if number % 100 == 0:
            time.sleep(0)
    done.set()
    reader.join()
    assert seen == sorted(set(seen), key=lambda score: score or 0.0)
    assert len(seen) + sum(missed) == 5000


@pytest.fixture
def url() -> Iterator[str]:
    registry = CollectorRegistry()
    Counter("asked", "For the test.", registry=registry)
    ring = RecentPredictions(8)
    ring.add(_call("a"))
    server, thread = start_scrape_server(scraped_app(registry, ring), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - an http URL of our own
        return str(response.read().decode())


def test_the_metrics_port_serves_both_the_metrics_and_the_answers(url: str) -> None:
    assert "asked_total" in _get(f"{url}/metrics")
    page = json.loads(_get(f"{url}/predictions"))
    assert [kept[0] for kept in page["predictions"]] == ["fill-mask"]
    assert json.loads(_get(f"{url}/predictions?after={page['cursor']}"))["predictions"] == []
