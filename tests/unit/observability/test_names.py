"""Every series and label that a rule, a dashboard or the documentation names is really exported."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bert_server.inference.contract import RefusalReason
from bertrelease_operator.api.status import Phase, Verdict
from tests.unit.observability.announced import Announced, operator_series, server_series
from tests.unit.observability.promql import uses

ROOT = Path(__file__).parents[3]
FILES = ROOT / "charts" / "bertrelease" / "files"
DASHBOARDS = sorted((FILES / "dashboards").glob("*.json"))
GUIDE = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FILES / "rules.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"]: {"namespace", "release"} for rule in RULES if "record" in rule}
OPERATOR, SERVER = operator_series(), server_series()
KNOWN: Announced = {**OPERATOR, **SERVER, **RECORDED}
# Of labels with few values, those that there are.
VALUES = {
    ("bertrelease_release_phase", "phase"): {*Phase},
    ("bertrelease_evidence_verdict", "verdict"): {*Verdict},
    ("bertrelease_waiting_since_timestamp_seconds", "reason"): {"approval", "gate", "pause", "source"},
    ("bertrelease_reconciles_total", "result"): {"done", "failed"},
    ("bertrelease_notifications_total", "result"): {"sent", "failed", "dropped"},
    ("bert_refusals_total", "reason"): {*RefusalReason},
    ("bert_cache_requests_total", "result"): {"hit", "miss"},
}


def dashboard_expressions(path: Path) -> Iterator[str]:
    board = json.loads(path.read_text(encoding="utf-8"))
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])
    yield from (annotation["expr"] for annotation in board["annotations"]["list"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"].removeprefix("label_values(").rpartition(",")[0]


EXPRESSIONS = [pytest.param(rule["expr"], id=rule.get("alert") or rule["record"]) for rule in RULES] + [
    pytest.param(expression, id=f"{path.stem}-{number}")
    for path in DASHBOARDS
    for number, expression in enumerate(dashboard_expressions(path))
]


def test_the_reader_of_queries_sees_metrics_labels_and_values() -> None:
    seen = uses(
        'sum by (a, le) (rate(x_bucket{b="1",c=~"2|3"}[5m])) > on (d) 2 * max by (d) (y) and z unless f(0.5, w)'
    )
    assert [(use.metric, use.labels, use.equal) for use in seen] == [
        ("x_bucket", {"a", "le", "b", "c"}, {"b": "1"}),
        ("y", {"d"}, {}),
        ("z", set(), {}),
        ("w", set(), {}),
    ]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_is_exported(expression: str) -> None:
    found = uses(expression)
    assert found
    for use in found:
        assert use.metric in KNOWN, f"nobody exports {use.metric}"
        assert use.labels <= KNOWN[use.metric], f"{use.metric} has no {use.labels - KNOWN[use.metric]}"
        for label, value in use.equal.items():
            assert value in VALUES[use.metric, label], f"{use.metric}: {label} is never {value!r}"


def test_a_rule_says_how_bad_it_is_and_what_has_happened() -> None:
    assert {alert["labels"]["severity"] for alert in ALERTS} == {"critical", "warning", "info"}
    assert all(alert["annotations"]["summary"] for alert in ALERTS)
    names = [rule.get("alert") or rule["record"] for rule in RULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_s_text_names_labels_that_the_alert_has(rule: dict[str, Any]) -> None:
    text = json.dumps(rule["annotations"])
    first = re.search(r"\bby \(([^)]*)\)", rule["expr"])
    kept = {label.strip() for label in first[1].split(",")} if first is not None else set()
    if any(recorded in rule["expr"] for recorded in RECORDED):
        kept = {"namespace", "release"}
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= kept


def test_the_guide_says_what_to_do_about_every_alert_and_knows_no_other() -> None:
    assert set(re.findall(r"^\| `(Bert\w+)`", GUIDE, re.MULTILINE)) == {alert["alert"] for alert in ALERTS}


def test_the_guide_names_only_orders_that_there_are() -> None:
    commands = (ROOT / "docs" / "kubectl-bert.md").read_text(encoding="utf-8")
    there = set(re.findall(r"^\| `([a-z]+) \[?NAME", commands, re.MULTILINE))
    named = set(re.findall(r"`kubectl bert ([a-z]+)", GUIDE + json.dumps(ALERTS)))
    assert named
    assert named <= there


def test_the_guide_describes_every_metric_of_the_operator() -> None:
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in OPERATOR}
    assert set(re.findall(r"^\| `(bertrelease_\w+)`", GUIDE, re.MULTILINE)) == families


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_fits_its_grid_and_lets_one_choose_the_data_source(path: Path) -> None:
    board = json.loads(path.read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + column, place["y"] + row) for column in range(place["w"]) for row in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"
    titles = [panel["title"] for panel in board["panels"]]
    assert len(titles) == len(set(titles))


def test_both_dashboards_mark_when_versions_were_taken_back() -> None:
    for path in DASHBOARDS:
        (annotation,) = json.loads(path.read_text(encoding="utf-8"))["annotations"]["list"]
        assert "bertrelease_concluded_timestamp_seconds" in annotation["expr"]
        assert annotation["useValueForTime"]
