"""The rules of a route beside its weights: users who stay where they were, and copies for a candidate.

A rule's destination sets a cookie, and rules that match the cookie come before the weights. The hash policies of
Istio's DestinationRules cannot do this: they choose a pod within one Service, and never between two.
"""

import re
from typing import Any, Final

from bertrelease_operator.api.names import cookie_name
from bertrelease_operator.api.strategies import RequestMatch
from bertrelease_operator.core.steering import Stickiness

_PAST: Final = "past"  # the cookie of users who were sent past the candidate
_TO: Final = "to"  # ... and of those who were sent to it


def to_cookie(sticky: Stickiness) -> str:
    """Value of the cookie of who was sent to the candidate; it holds for the whole attempt."""
    return f"{_TO}.{sticky.version}.{sticky.attempt}"


def past_cookie(sticky: Stickiness) -> str:
    """Value of the cookie of who was sent past the candidate; it holds for the step."""
    return f"{_PAST}.{sticky.version}.{sticky.attempt}.{sticky.step}"


def earlier_past_cookies(sticky: Stickiness) -> str:
    """Regular expression for the values of `past_cookie` at other steps of this attempt."""
    return exactly(f"{_PAST}.{sticky.version}.{sticky.attempt}.") + "[0-9]+"


def cookie_match(release: str, value: str) -> dict[str, Any]:
    """Matches requests that bring the release's cookie with `value`, a regular expression (RE2)."""
    return {"headers": {"cookie": _cookie(cookie_name(release), value)}}


def request_match(rule: RequestMatch) -> dict[str, Any]:
    """Matches requests that have all that `rule` says."""
    headers = {name: {"exact": value} for name, value in sorted(rule.headers.items())}
    if rule.cookie is not None:
        headers["cookie"] = _cookie(rule.cookie.name, exactly(rule.cookie.value))
    return {"headers": headers}


def _cookie(name: str, value: str) -> dict[str, str]:
    """Of a Cookie header, which Envoy's regular expressions must match as a whole."""
    return {"regex": rf"(.*;\s*)?{exactly(name)}={value}(;.*)?"}


def exactly(value: str) -> str:
    """`value` as a regular expression; RE2 knows no escaped hyphen outside of brackets."""
    return re.escape(value).replace(r"\-", "-")


def setting_cookie(release: str, value: str, max_age_seconds: int) -> dict[str, Any]:
    """`headers` of a destination whose answers set the release's cookie, beside cookies of the server's own."""
    cookie = f"{cookie_name(release)}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax"
    return {"response": {"add": {"Set-Cookie": cookie}}}
