import pytest

from bertrelease_operator.cli.durations import age, duration


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0s"),
        (0.9, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (75, "1m15s"),
        (600, "10m"),
        (659, "10m"),
        (3600, "1h"),
        (5400, "1h30m"),
        (36_000, "10h"),
        (86_400, "1d"),
        (100_000, "1d3h"),
        (864_000, "10d"),
    ],
)
def test_a_length_of_time_is_shown_in_the_units_that_matter(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_an_age_counts_from_the_timestamp_with_or_without_a_fraction() -> None:
    assert age("1970-01-01T00:00:10Z", 25.0) == "15s"
    assert age("1970-01-01T00:00:10.500000Z", 25.0) == "14s"
