"""JSON lines."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bertrelease_operator.runtime.logs import about, configure


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.usefixtures("restored")
def test_a_line_says_what_it_is_about_in_chinese_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    extra = about("prod", "bert", version="v1.0.0", reason="Started")
    logging.getLogger("x").info("疑是地上霜 %s", 1, extra=extra)
    (line,) = lines(capsys)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "message": "疑是地上霜 1",
        "namespace": "prod",
        "name": "bert",
        "version": "v1.0.0",
        "reason": "Started",
    }


@pytest.mark.usefixtures("restored")
def test_a_fault_comes_with_its_traceback_on_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    try:
        int("broken")
    except ValueError:
        logging.getLogger("x").exception("a pass failed")
    (line,) = lines(capsys)
    assert "ValueError: invalid literal" in line["traceback"]


@pytest.mark.usefixtures("restored")
def test_what_is_below_the_level_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning")
    logging.getLogger("x").info("quiet")
    assert lines(capsys) == []


@pytest.mark.usefixtures("restored")
def test_kopf_tells_the_same_trouble_once_a_minute_and_others_always(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    for attempt in range(3):
        logging.getLogger("kopf.clients").error("attempt #%d failed", attempt)
        logging.getLogger("ours").error("attempt #%d failed", attempt)
    assert len(lines(capsys)) == 1 + 3
