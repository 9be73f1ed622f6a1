"""Reading pages in the Prometheus text format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertrelease_operator.adapters.metrics_text import MetricsFormatError, Sample, samples

WANTED = frozenset({"wanted_total"})


def read(page: str) -> list[Sample]:
    return list(samples(page, WANTED))


def test_only_the_metrics_that_are_asked_for_are_read() -> None:
    page = (
        "# HELP wanted_total Help.\n# TYPE wanted_total counter\nother_total 1\nwanted_total 2\nwanted_total_more 3\n"
    )
    assert read(page) == [Sample("wanted_total", {}, 2.0)]


def test_labels_times_and_exemplars_are_understood() -> None:
    page = 'wanted_total{ a="x" , b = "y", } 1.5e3 1700000000 # {trace="1"} 1\n'
    assert read(page) == [Sample("wanted_total", {"a": "x", "b": "y"}, 1500.0)]


def test_infinite_values_are_numbers() -> None:
    assert read("wanted_total +Inf") == [Sample("wanted_total", {}, float("inf"))]


@pytest.mark.parametrize(
    "line", ["wanted_total", "wanted_total{a=}", 'wanted_total{a="x" 1', 'wanted_total{a="x} 1', "wanted_total one"]
)
def test_a_line_that_is_cut_off_is_an_error_that_quotes_it(line: str) -> None:
    with pytest.raises(MetricsFormatError) as caught:
        read(line)
    assert repr(line) in str(caught.value)


LABEL_VALUES = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    labels=st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), LABEL_VALUES, max_size=4),
    value=st.floats(allow_nan=False),
)
def test_whatever_can_be_written_is_read_back(labels: dict[str, str], value: float) -> None:
    escaped = {
        name: text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') for name, text in labels.items()
    }
    inside = ",".join(f'{name}="{text}"' for name, text in escaped.items())
    assert read(f"wanted_total{{{inside}}} {value!r}\n") == [Sample("wanted_total", labels, value)]
