"""When a new version may go on: days, hours and freezes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import LIST_SET, ApiModel, matching

TimeZone = Annotated[
    str,
    matching(
        r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
        "write a time zone by its IANA name, such as Asia/Shanghai",
        max_length=64,
    ),
]

ClockTime = Annotated[
    str, matching(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "write a time of day such as 09:30", max_length=5)
]

Moment = Annotated[
    str,
    matching(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$",
        "write a moment with its offset from UTC, such as 2026-12-24T18:00:00+08:00",
        max_length=25,
    ),
]


class Weekday(StrEnum):
    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


class Hours(ApiModel):
    """A part of the day; one that ends before it starts goes past midnight."""

    start: ClockTime = Field(description="Begin, in the window's time zone.")
    end: ClockTime = Field(description="End; the next day's if it is not after the begin.")


class Freeze(ApiModel):
    """A time in which nothing goes on, whatever the days and hours are."""

    start: Moment = Field(description="Begin.")
    end: Moment = Field(description="End.")
    reason: Annotated[str, Field(max_length=200)] = Field(default="", description="Told to those who wait.")


class Window(ApiModel):
    """Open at the given hours of the given days, except in a freeze."""

    time_zone: TimeZone = Field(default="UTC", description="IANA name of the time zone of days and hours.")
    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)] = Field(
        default_factory=lambda: list(Weekday),
        description="Days on which the hours begin; every day by default.",
        json_schema_extra=LIST_SET,
    )
    hours: Annotated[list[Hours], Field(max_length=8)] = Field(
        default_factory=list, description="Parts of these days; all day if there are none."
    )
    freezes: Annotated[list[Freeze], Field(max_length=32)] = Field(
        default_factory=list, description="Times in which it is closed nevertheless."
    )
