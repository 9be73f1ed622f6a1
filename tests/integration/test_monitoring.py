"""Rules and dashboards of the chart, as helm renders them, in a real Prometheus that scrapes real metrics."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client import generate_latest

from bert_server.telemetry.metrics import Metrics
from bertrelease_operator.api.names import LABEL_RELEASE, METRICS_PORT_NAME
from bertrelease_operator.render.metadata import version_labels
from bertrelease_operator.runtime.election import Role
from bertrelease_operator.runtime.telemetry import Telemetry
from devcluster import Cluster
from tests.integration.local_prometheus import running_prometheus, serving_pages
from tests.unit.observability.announced import EVERYTHING

CHART = Path(__file__).parents[2] / "charts" / "bertrelease"
PARTS = ("serviceMonitor", "podMonitor", "prometheusRule", "dashboards")
DEADLINE_SECONDS = 60
RELEASE = {"namespace": "prod", "release": "fill-mask"}


def rendered(cluster: Cluster, *settings: str) -> dict[str, dict[str, Any]]:
    """What monitoring adds, by kind."""
    values = [f"--set-json={setting}" for setting in settings]
    text = cluster.helm("template", "bertrelease", str(CHART), "--namespace=bert-system", *values)
    kinds = {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap"}
    return {obj["kind"]: obj for obj in yaml.safe_load_all(text) if obj and obj["kind"] in kinds}


@pytest.fixture(scope="module")
def everything(api_server: Cluster) -> dict[str, dict[str, Any]]:
    return rendered(api_server, *(f"{part}.enabled=true" for part in PARTS))


def metrics_page(path: str) -> str:
    if path == "/operator":
        telemetry = Telemetry()
        telemetry.role_changed(Role.LEADER)
        telemetry.release_seen((RELEASE["namespace"], RELEASE["release"]), EVERYTHING)
        return telemetry.page().decode()
    metrics = Metrics("v1.1.0")
    metrics.request_done("/v1/fill-mask", 200, 0.01)
    metrics.model_failed(1.0)
    return generate_latest(metrics.registry).decode()


def scrape_job(name: str, port: int, **labels: str) -> dict[str, Any]:
    targets = {"targets": [f"127.0.0.1:{port}"], "labels": labels}
    return {"job_name": name, "metrics_path": f"/{name}", "honor_labels": True, "static_configs": [targets]}


@pytest.fixture(scope="module")
def prometheus(
    api_server: Cluster, everything: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("prometheus")
    (directory / "rules.yaml").write_text(yaml.safe_dump(everything["PrometheusRule"]["spec"]), encoding="utf-8")
    with serving_pages(metrics_page) as port:
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [
                scrape_job("operator", port, namespace="bert-system"),
                scrape_job("server", port, **RELEASE, pod="fill-mask-v1-1-0-0"),
            ],
        }
        with running_prometheus(api_server.bin_dir / "prometheus", directory, config) as url:
            yield url


def firing(prometheus: str, alert: str) -> list[dict[str, str]]:
    """The labels of `alert`, as soon as it fires."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            alerts = requests.get(f"{prometheus}/api/v1/alerts", timeout=5).json()["data"]["alerts"]
        except (requests.ConnectionError, requests.JSONDecodeError):  # it is still starting
            alerts = []
        found = [one["labels"] for one in alerts if one["labels"]["alertname"] == alert and one["state"] == "firing"]
        if found:
            return found
        time.sleep(0.2)
    pytest.fail(f"{alert} does not fire")


def test_nothing_of_it_is_there_unless_it_is_asked_for(api_server: Cluster) -> None:
    assert rendered(api_server) == {}


def test_prometheus_evaluates_every_rule_without_error(prometheus: str) -> None:
    firing(prometheus, "BertReleaseNeedsApproval")
    groups = requests.get(f"{prometheus}/api/v1/rules", timeout=5).json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in rules if rule.get("lastError")} == set()
    known = yaml.safe_load((CHART / "files" / "rules.yaml").read_text(encoding="utf-8"))["groups"]
    assert len(rules) == sum(len(group["rules"]) for group in known)


def test_alerts_of_operator_and_servers_name_the_release(prometheus: str) -> None:
    (approval,) = firing(prometheus, "BertReleaseNeedsApproval")
    assert approval == {"alertname": "BertReleaseNeedsApproval", "severity": "warning", **RELEASE}
    (load,) = firing(prometheus, "BertServerModelLoadFails")
    assert load == {"alertname": "BertServerModelLoadFails", "severity": "critical", "version": "v1.1.0", **RELEASE}


def test_prometheus_answers_every_query_of_the_dashboards(
    prometheus: str, everything: dict[str, dict[str, Any]]
) -> None:
    firing(prometheus, "BertServerModelLoadFails")
    boards = [json.loads(text) for text in everything["ConfigMap"]["data"].values()]
    asked = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    asked += [annotation["expr"] for board in boards for annotation in board["annotations"]["list"]]
    for expression in asked:
        for name, value in (("namespace", ".*"), ("release", RELEASE["release"]), ("__rate_interval", "1m")):
            expression = expression.replace(f"${name}", value)  # noqa: PLW2901 - as Grafana does it
        answer = requests.get(f"{prometheus}/api/v1/query", {"query": expression}, timeout=5).json()
        assert answer["status"] == "success", f"{expression}: {answer}"


def test_the_pod_monitor_finds_the_pods_that_the_operator_makes(everything: dict[str, dict[str, Any]]) -> None:
    spec = everything["PodMonitor"]["spec"]
    labels = version_labels("fill-mask", "v1.0.0")
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    (endpoint,) = spec["podMetricsEndpoints"]
    assert endpoint["port"] == METRICS_PORT_NAME
    (relabeling,) = endpoint["relabelings"]
    sanitized = LABEL_RELEASE.replace(".", "_").replace("/", "_")
    assert relabeling["sourceLabels"] == [f"__meta_kubernetes_pod_label_{sanitized}"]


def test_the_service_monitor_finds_the_operator_s_service(api_server: Cluster) -> None:
    text = api_server.helm("template", "bertrelease", str(CHART), "--set-json=serviceMonitor.enabled=true")
    objects = {obj["kind"]: obj for obj in yaml.safe_load_all(text) if obj}
    spec, service = objects["ServiceMonitor"]["spec"], objects["Service"]
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [one["port"] for one in spec["endpoints"]] == [port["name"] for port in service["spec"]["ports"]]
    assert spec["endpoints"][0]["honorLabels"] is True


def test_monitors_look_where_the_operator_does_and_carry_the_labels_that_they_are_selected_by(
    api_server: Cluster,
) -> None:
    enabled = [f'{part}={{"enabled": true, "labels": {{"team": "a"}}}}' for part in PARTS]
    objects = rendered(api_server, 'watchNamespaces=["team-a"]', *enabled)
    assert objects["PodMonitor"]["spec"]["namespaceSelector"] == {"matchNames": ["team-a"]}
    assert {obj["metadata"]["labels"]["team"] for obj in objects.values()} == {"a"}
    assert objects["ConfigMap"]["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_single_alerts_can_be_left_out(api_server: Cluster, everything: dict[str, dict[str, Any]]) -> None:
    some = rendered(api_server, 'prometheusRule={"enabled": true, "disabledAlerts": ["BertReleasePausedLong"]}')

    def names(objects: dict[str, dict[str, Any]]) -> set[str]:
        groups = objects["PrometheusRule"]["spec"]["groups"]
        return {rule.get("alert") or rule["record"] for group in groups for rule in group["rules"]}

    assert names(everything) - names(some) == {"BertReleasePausedLong"}
