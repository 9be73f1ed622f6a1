"""The series that operator and server really export, and the labels that they have where they are scraped."""

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from bert_server.telemetry.metrics import Metrics
from bertrelease_operator.api.gates import GateKind
from bertrelease_operator.api.status import CheckStatus, GateStatus, Phase, Verdict
from bertrelease_operator.runtime.election import Role
from bertrelease_operator.runtime.release_metrics import ReleaseFigures
from bertrelease_operator.runtime.telemetry import Telemetry

# What the Prometheus Operator adds to every series, and podmonitor.yaml to those of servers.
TARGET_LABELS = {"namespace", "pod", "job", "instance", "container", "endpoint"}
SERVER_TARGET_LABELS = TARGET_LABELS | {"release"}

Announced = dict[str, set[str]]

EVERYTHING = ReleaseFigures(
    phase=Phase.ANALYZING,
    info=("v1.0.0", "v1.1.0", "canary"),
    weights={"v1.0.0": 90},
    ready_pods={"v1.0.0": 1},
    wanted_pods={"v1.0.0": 2},
    verdicts={"v1.1.0": Verdict.PASS},
    checks=(CheckStatus(name="errors", verdict=Verdict.PASS, value=1, limit=2, unit="%"),),
    gates=(
        GateStatus(
            name="golden",
            kind=GateKind.GOLDEN_SET,
            point="traffic",
            verdict=Verdict.PASS,
            started_at="2026-01-01T00:00:00.000Z",
        ),
    ),
    waiting_since={"approval": 1.0},
    rollout_started_at=1.0,
    concluded=("v0.9.0", "ErrorRate", 1.0),
    error_limit_percent=0.5,
    latency_limit_ms=100,
)


def operator_series() -> Announced:
    telemetry = Telemetry()
    telemetry.role_changed(Role.LEADER)
    telemetry.release_seen(("default", "bert"), EVERYTHING)
    return _announced(telemetry.registry, TARGET_LABELS)


def server_series() -> Announced:
    return _announced(Metrics("v1.0.0").registry, SERVER_TARGET_LABELS)


def _announced(registry: CollectorRegistry, target_labels: set[str]) -> Announced:
    for collector in [*registry._collector_to_names]:
        if isinstance(collector, MetricWrapperBase) and collector._labelnames:
            collector.labels(*("any" for _ in collector._labelnames))  # without a child it would have no series
    found: Announced = {}
    for family in registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set(target_labels)).update(sample.labels)
    return found
