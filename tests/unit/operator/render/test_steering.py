"""Where a proxy sends whom: the rules beside the weights, read as Envoy reads them."""

import re
from typing import Any

import pytest

from bertrelease_operator.api.network import Network
from bertrelease_operator.api.strategies import CookieMatch, RequestMatch
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.steering import NO_STEERING, Matching, Mirroring, Steering, Stickiness
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.routing import parse_route, render_route
from tests.unit.operator.render.samples import RELEASE

STABLE, CANDIDATE = "v1.1.0", "v1.2.0-3f2a9c1"
WEIGHTS = {STABLE: 75, CANDIDATE: 25}


def steered(weights: dict[str, int], steering: Steering) -> KubeObject:
    return render_route(RELEASE, weights, RouteNote(1_700_000_000.0, steering=steering), Network())


def sticky(step: int = 1, catch_up: int | None = 17, attempt: int = 1) -> KubeObject:
    stickiness = Stickiness(
        version=CANDIDATE, attempt=attempt, step=step, catch_up_percent=catch_up, max_age_seconds=3600
    )
    return steered(WEIGHTS, Steering(stickiness=stickiness))


def rule_for(route: KubeObject, cookie: str | None = None) -> dict[str, Any]:
    """The first rule that matches, as in Envoy: a regular expression must match the header as a whole."""
    for rule in route["spec"]["http"]:
        matches = rule.get("match")
        if not matches:
            return rule  # type: ignore[no-any-return]
        patterns = [match["headers"]["cookie"]["regex"] for match in matches]
        if cookie is not None and any(re.fullmatch(pattern, cookie) for pattern in patterns):
            return rule  # type: ignore[no-any-return]
    raise AssertionError("no rule for everybody")


def shares(rule: dict[str, Any]) -> dict[str, int]:
    return {route["destination"]["host"].split(".")[0]: route["weight"] for route in rule["route"]}


def cookies(rule: dict[str, Any]) -> dict[str, str]:
    """`name=value` that each destination's answers set."""
    return {
        route["destination"]["host"].split(".")[0]: route["headers"]["response"]["add"]["Set-Cookie"].split(";")[0]
        for route in rule["route"]
    }


TO = "fill-mask-v1-2-0-3f2a9c1"
PAST = "fill-mask-v1-1-0"


def test_who_comes_without_a_cookie_is_sent_by_the_weights_and_gets_one() -> None:
    rule = rule_for(sticky())
    assert shares(rule) == {PAST: 75, TO: 25}
    assert set(cookies(rule)) == {PAST, TO}


@pytest.mark.parametrize("around", ["{}", "session=1; {}", "{}; theme=dark", "a=b; {}; c=d"])
def test_a_cookie_leads_back_to_where_it_came_from(around: str) -> None:
    given = cookies(rule_for(sticky()))
    for version, cookie in given.items():
        assert shares(rule_for(sticky(), around.format(cookie))) == {version: 100}


def test_who_was_sent_to_the_candidate_stays_at_later_steps_and_the_others_are_drawn_again() -> None:
    earlier = cookies(rule_for(sticky(step=0, catch_up=None)))
    assert shares(rule_for(sticky(), earlier[TO])) == {TO: 100}
    again = rule_for(sticky(), earlier[PAST])
    assert shares(again) == {PAST: 83, TO: 17}
    assert cookies(again) == cookies(rule_for(sticky()))


def test_cookies_of_another_attempt_and_of_others_mean_nothing() -> None:
    everybody = rule_for(sticky(attempt=2))
    for foreign in [*cookies(rule_for(sticky(attempt=1))).values(), "bertrelease-fill-mask=nonsense", "x=y"]:
        assert rule_for(sticky(attempt=2), foreign) == everybody
    given = cookies(rule_for(sticky()))[TO]
    assert rule_for(sticky(), given + "0") == rule_for(sticky())
    assert rule_for(sticky(), f"not-{given}") == rule_for(sticky())


def test_without_stickiness_no_cookie_means_anything() -> None:
    route = steered({STABLE: 100}, NO_STEERING)
    given = cookies(rule_for(sticky()))[TO]
    assert shares(rule_for(route, given)) == {PAST: 100}
    assert len(route["spec"]["http"]) == 1


def test_a_cookie_is_for_the_whole_site_for_as_long_as_the_spec_says_and_hidden_from_scripts() -> None:
    (header,) = {
        route["headers"]["response"]["add"]["Set-Cookie"].split("; ", 1)[1] for route in rule_for(sticky())["route"]
    }
    assert header == "Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"


def test_every_rule_sends_only_what_no_server_has_seen_again() -> None:
    retries = [rule["retries"] for rule in sticky()["spec"]["http"]]
    assert len(retries) == 4
    assert all(one == retries[0] for one in retries)


def matched(*rules: RequestMatch) -> list[dict[str, Any]]:
    """What the first rule matches, which sends everything to the candidate."""
    route = steered(WEIGHTS, Steering(matching=Matching(version=CANDIDATE, rules=rules)))
    first = route["spec"]["http"][0]
    assert shares(first) == {TO: 100}
    return first["match"]  # type: ignore[no-any-return]


def test_chosen_requests_go_to_the_candidate_whatever_the_weights() -> None:
    one, other = matched(
        RequestMatch(headers={"x-tester": "yes", "x-team": "nlp"}),
        RequestMatch(cookie=CookieMatch(name="group", value="b.1")),
    )
    assert one == {"headers": {"x-tester": {"exact": "yes"}, "x-team": {"exact": "nlp"}}}
    pattern = other["headers"]["cookie"]["regex"]
    assert re.fullmatch(pattern, "a=1; group=b.1")
    assert not re.fullmatch(pattern, "group=bx1")
    assert not re.fullmatch(pattern, "subgroup=b.1")


def test_copies_go_to_the_candidate_and_requests_do_not() -> None:
    route = steered({STABLE: 100}, Steering(mirroring=Mirroring(version=CANDIDATE, percent=30)))
    rule = rule_for(route)
    assert shares(rule) == {PAST: 100}
    assert rule["mirror"] == {"host": f"{TO}.nlp.svc.cluster.local", "port": {"number": 80}}
    assert rule["mirrorPercentage"] == {"value": 30}


@pytest.mark.parametrize("catch_up", [None, 17])
def test_the_weights_are_read_from_the_rule_for_everybody_and_the_rest_from_the_note(catch_up: int | None) -> None:
    view = parse_route(sticky(catch_up=catch_up))
    assert view.weights == WEIGHTS
    assert view.steering.stickiness is not None
    assert view.steering.stickiness.catch_up_percent == catch_up
    assert view.reaches(CANDIDATE)
    copies = parse_route(steered({STABLE: 100}, Steering(mirroring=Mirroring(version=CANDIDATE, percent=30))))
    assert copies.weights == {STABLE: 100}
    assert copies.reaches(CANDIDATE)


def test_steering_of_a_later_operator_is_not_understood_and_the_rest_of_the_note_is() -> None:
    route = sticky()
    name, text = next(iter(route["metadata"]["annotations"].items()))
    route["metadata"]["annotations"][name] = text.replace("stickiness", "teleportation")
    view = parse_route(route)
    assert view.note is not None
    assert view.steering == NO_STEERING
