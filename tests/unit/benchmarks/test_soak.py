"""What a soak asks, and how it judges."""

import random
from collections import Counter
from http import HTTPStatus
from itertools import islice

import pytest

from benchmarks.soak.clients import Tally
from benchmarks.soak.memory import judge
from benchmarks.soak.mix import KINDS, Asker, requests
from benchmarks.soak.restarts import Switch
from bert_server.bench.messages import Target
from bert_server.bench.texts import Lengths

TARGET = Target("localhost", 8080)


def drawn(count: int) -> list[tuple[str, bytes]]:
    asker = Asker(random.Random(1), Lengths(3, 512))
    return [(kind.name, request) for kind, request in islice(requests(TARGET, asker), count)]


def test_memory_that_settles_after_the_warm_up_is_flat() -> None:
    assert judge([100.0, 300.0, *[500.0] * 8]).is_flat


def test_memory_that_grows_by_a_tenth_over_the_run_is_not_flat() -> None:
    memory = judge([500 + 0.5 * second for second in range(100)])
    assert memory.growth == pytest.approx(0.05, abs=0.02)
    assert not judge([500 + 1.0 * second for second in range(100)]).is_flat


def test_a_single_peak_is_reported_and_not_taken_for_growth() -> None:
    memory = judge([500.0] * 95 + [900.0] + [500.0] * 4)
    assert memory.is_flat
    assert memory.highest_mib == 900


def test_a_soak_asks_every_kind_of_question_and_repeats_some() -> None:
    asked = drawn(3000)
    assert {name for name, _ in asked} == {kind.name for kind in KINDS}
    fill_masks = Counter(request for name, request in asked if name == "fill-mask")
    assert 0.03 < 1 - len(fill_masks) / fill_masks.total() < 0.1


def test_an_answer_is_unexpected_unless_it_is_due_or_a_refusal() -> None:
    tally = Tally()
    kind = KINDS[0]
    for status in (HTTPStatus.OK, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR, 0):
        tally.count(kind, status)
    assert tally.unexpected == {(kind.name, 500): 1, (kind.name, 0): 1}
    assert (tally.server_errors, tally.lost, tally.with_status(429)) == (1, 1, 1)


def test_a_switch_sends_nobody_to_a_server_that_it_has_forgotten() -> None:
    old, new = Target("localhost", 1), Target("localhost", 2)
    switch = Switch(old)
    switch.add(new)
    assert {switch.choose().port for _ in range(4)} == {1, 2}
    switch.forget(old)
    assert {switch.choose().port for _ in range(4)} == {2}
