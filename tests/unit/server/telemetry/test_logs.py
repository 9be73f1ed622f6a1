import json
import logging

import pytest

from bert_server.calls import Call, current_call
from bert_server.identity import Identity
from bert_server.telemetry.logs import EXTRA_FIELDS, JsonFormatter
from bert_server.telemetry.throttle import Throttle

FORMATTER = JsonFormatter(lambda: Identity("v1.2.3", "toy", "sha256:abc"))


def entry(record: logging.LogRecord) -> dict[str, object]:
    line = FORMATTER.format(record)
    assert "\n" not in line
    parsed: dict[str, object] = json.loads(line)
    return parsed


def record(message: str = "message", *args: object, error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, None) if error is not None else None
    return logging.LogRecord("name", logging.WARNING, "file", 1, message, args, exc_info)


def test_a_log_line_is_one_json_object_with_the_identity_and_the_extra_fields() -> None:
    with_fields = record("第 %d 行\n", 1)
    setattr(with_fields, EXTRA_FIELDS, {"status": 429})
    found = entry(with_fields)
    assert str(found.pop("time")).endswith("+00:00")
    assert found == {
        "level": "warning",
        "logger": "name",
        "message": "第 1 行\n",
        "version": "v1.2.3",
        "release": "toy",
        "fingerprint": "sha256:abc",
        "status": 429,
    }


@pytest.mark.parametrize(("trace_id", "expected"), [("", None), ("0af7", "0af7")])
def test_what_is_logged_during_a_request_tells_which_one(trace_id: str, expected: str | None) -> None:
    token = current_call.set(Call('id "1"', 0.0, 1.0, trace_id=trace_id))
    try:
        found = entry(record())
    finally:
        current_call.reset(token)
    assert (found["request_id"], found.get("trace_id")) == ('id "1"', expected)


def test_an_error_comes_with_its_traceback() -> None:
    assert entry(record(error=ValueError("坏")))["error"] == "ValueError: 坏"


def test_the_throttle_lets_so_many_pass_in_each_second_and_counts_the_rest() -> None:
    now = 10.9
    throttle = Throttle(2, lambda: now)
    assert [throttle.passes() for _ in range(4)] == [True, True, False, False]
    now = 11.0
    assert throttle.passes()
    assert throttle.take_held_back() == 2
    assert throttle.take_held_back() == 0
