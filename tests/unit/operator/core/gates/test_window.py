"""When a window opens."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bertrelease_operator.api.window import Weekday, Window
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.gates.window import opening

WEEKDAYS = [day for day in Weekday if not day.startswith("S")]
OFFICE = {"timeZone": "Asia/Shanghai", "days": WEEKDAYS, "hours": [{"start": "09:00", "end": "17:00"}]}
NIGHT = {"days": ["Friday"], "hours": [{"start": "22:00", "end": "04:00"}]}
FREEZE = {"start": "2026-11-23T00:00:00Z", "end": "2026-11-25T03:00:00Z", "reason": "双十一"}


@pytest.mark.parametrize(
    ("window", "now", "opens"),
    [
        ({}, "2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z"),
        # 2026-11-20 is a Friday.
        (OFFICE, "2026-11-20T09:00:00+08:00", "2026-11-20T09:00:00+08:00"),
        (OFFICE, "2026-11-20T08:59:59+08:00", "2026-11-20T09:00:00+08:00"),
        (OFFICE, "2026-11-20T17:00:00+08:00", "2026-11-23T09:00:00+08:00"),
        (OFFICE, "2026-11-20T03:00:00Z", "2026-11-20T03:00:00Z"),
        ({**OFFICE, "freezes": [FREEZE]}, "2026-11-20T17:00:00+08:00", "2026-11-25T03:00:00Z"),
        ({**OFFICE, "freezes": [FREEZE]}, "2026-11-24T22:00:00Z", "2026-11-25T03:00:00Z"),
        ({"freezes": [FREEZE]}, "2026-11-23T00:00:00Z", "2026-11-25T03:00:00Z"),
        (NIGHT, "2026-11-21T03:59:00Z", "2026-11-21T03:59:00Z"),
        (NIGHT, "2026-11-21T04:00:00Z", "2026-11-27T22:00:00Z"),
        ({"days": ["Saturday"]}, "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z"),
        (
            {"timeZone": "Asia/Shanghai", "freezes": [{**FREEZE, "end": "9999-12-31T23:59:59Z"}]},
            "2026-11-24T00:00:00Z",
            "9999-12-20T00:00:00Z",
        ),
        # Clocks go forward in Berlin on 2026-03-29: there is no 02:30.
        (
            {"timeZone": "Europe/Berlin", "hours": [{"start": "01:30", "end": "03:30"}]},
            "2026-03-28T12:00:00+01:00",
            "2026-03-29T01:30:00+01:00",
        ),
        (
            {"timeZone": "Europe/Berlin", "hours": [{"start": "09:00", "end": "10:00"}]},
            "2026-03-28T12:00:00+01:00",
            "2026-03-29T09:00:00+02:00",
        ),
    ],
)
def test_it_opens_when_days_hours_and_freezes_say(window: dict[str, object], now: str, opens: str) -> None:
    assert opening(Window.model_validate(window), to_epoch(now)) == to_epoch(opens)


clock_times = st.times().map(lambda time: f"{time:%H:%M}")
windows = st.builds(
    Window,
    time_zone=st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns"]),
    days=st.lists(st.sampled_from(list(Weekday)), min_size=1, unique=True),
    hours=st.lists(st.fixed_dictionaries({"start": clock_times, "end": clock_times}), max_size=3),
)


@given(window=windows, now=st.integers(1_600_000_000, 1_900_000_000))
def test_it_opens_within_a_week_and_is_open_then(window: Window, now: int) -> None:
    opens = opening(window, now)
    assert now <= opens <= now + 8 * 86_400
    assert opening(window, opens) == opens
