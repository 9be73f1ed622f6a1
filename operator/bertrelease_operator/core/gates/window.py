"""Kind window: open at some hours of some days."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.api.window import Hours, Weekday, Window
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.progress import Situation

_ALL_DAY: Final = (Hours(start="00:00", end="00:00"),)
_DAYS: Final = tuple(Weekday)
# From yesterday, whose hours may go past midnight, to the same day of the next week.
_NEAR_DAYS: Final = range(-1, 8)
# Freezes until further notice may end with the calendar, beyond which no day of a next week can be computed.
_LAST_MOMENT: Final = to_epoch("9999-12-20T00:00:00Z")


def check_window(situation: Situation, gate: Gate, _run: GateRun) -> GateResult:
    """Pass while it is open; else when it opens."""
    window = gate.window or Window()
    try:
        opens_at = opening(window, situation.now)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a directory of zones
        return GateResult(Verdict.NO_DATA, f"The window cannot be computed: {error}; correct gate {gate.name}.")
    if opens_at <= situation.now:
        return GateResult(Verdict.PASS, "The window is open.")
    local = datetime.fromtimestamp(opens_at, ZoneInfo(window.time_zone))
    message = f"Opens on {local:%Y-%m-%d at %H:%M} {window.time_zone}{_frozen_by(window, situation.now)}."
    return GateResult(Verdict.INCONCLUSIVE, message, again_in_seconds=opens_at - situation.now)


def opening(window: Window, now: float) -> float:
    """When it is open next, in epoch seconds; `now` if it is open.

    Raises ValueError, OSError or ZoneInfoNotFoundError.
    """
    zone = ZoneInfo(window.time_zone)
    freezes = [(to_epoch(freeze.start), to_epoch(freeze.end)) for freeze in window.freezes]
    moment = now
    while moment < _LAST_MOMENT:
        at = _in_hours(window, zone, moment)
        moment = max((end for start, end in freezes if start <= at < end), default=at)
        if moment == at:
            return at
    return _LAST_MOMENT


def _in_hours(window: Window, zone: ZoneInfo, moment: float) -> float:
    """`moment` itself, or the next one within the hours of a day."""
    today = datetime.fromtimestamp(moment, zone).date()
    openings = []
    for day in (today + timedelta(days=offset) for offset in _NEAR_DAYS):
        if _DAYS[day.weekday()] not in window.days:
            continue
        for hours in window.hours or _ALL_DAY:
            start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
            last_day = day if end > start else day + timedelta(days=1)
            if datetime.combine(last_day, end, zone).timestamp() > moment:
                openings.append(max(moment, datetime.combine(day, start, zone).timestamp()))
    return min(openings)


def _frozen_by(window: Window, now: float) -> str:
    current = (freeze for freeze in window.freezes if to_epoch(freeze.start) <= now < to_epoch(freeze.end))
    freeze = next(current, None)
    if freeze is None:
        return ""
    return f", after a freeze ({freeze.reason})" if freeze.reason else ", after a freeze"
