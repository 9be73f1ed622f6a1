"""A cluster in memory that does what decisions say, one write after another, so that tests can stop between them."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus, CheckStatus, Verdict
from bertrelease_operator.core.decide import decide
from bertrelease_operator.core.decision import Decision, ReleaseEvent, ReplicaRange
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.observation import (
    EvidenceView,
    Observation,
    RevisionView,
    RouteView,
    Watch,
    WorkloadView,
)
from bertrelease_operator.core.promotion.view import UpstreamView

Write = Callable[[], None]

GOOD = EvidenceView(Verdict.PASS)
BAD = EvidenceView(
    Verdict.FAIL, (CheckStatus(name="error-rate", verdict=Verdict.FAIL, message="20 of 100 requests failed"),)
)


def release_spec(version: str | None = "v1.0.0", **changes: Any) -> BertReleaseSpec:
    """A spec with short, round times, for arithmetic in the head. Each version has contents of its own."""
    fields: dict[str, Any] = {
        "version": version,
        "image": {"repository": "localhost/bert"},
        "model": {"name": f"bert-{version}"},
        "replicas": 2,
        "strategy": {
            "canary": {"steps": [{"weight": 10, "holdSeconds": 10}, {"weight": 50, "holdSeconds": 10}]},
            "readyDeadlineSeconds": 100,
            "stepDeadlineSeconds": 60,
            "sourceDownLimitSeconds": 120,
            "observationSeconds": 200,
        },
    }
    return BertReleaseSpec.model_validate({**fields, **changes})


@dataclass
class World:
    """State as the API server and the pods have it."""

    spec: BertReleaseSpec
    now: float = 1_000_000.0
    generation: int = 1
    status: BertReleaseStatus = field(default_factory=BertReleaseStatus)
    command: str | None = None
    revisions: dict[str, RevisionView] = field(default_factory=dict)
    workloads: dict[str, WorkloadView] = field(default_factory=dict)
    route: RouteView | None = None
    root_version: str | None = None
    preview_version: str | None = None
    evidence: dict[str, EvidenceView] = field(default_factory=dict)  # by version; good where nothing is said
    unready: set[str] = field(default_factory=set)  # versions whose pods do not become ready
    ranges: dict[str, ReplicaRange] = field(default_factory=dict)  # of the autoscalers, as written
    events: list[ReleaseEvent] = field(default_factory=list)
    told: set[tuple[str, str]] = field(default_factory=set)  # notices that receivers have
    watches: tuple[Watch, ...] = ()
    on_decision: Callable[[Observation, Decision], None] = lambda _observation, _decision: None
    approval: str | None = None
    gate_results: dict[str, GateResult] = field(default_factory=dict)  # by gate; none where nothing is said
    gate_runs: tuple[GateRun, ...] = ()
    upstream: UpstreamView | None = None
    obstacle: str = ""
    image_ids: dict[str, str] = field(default_factory=dict)  # by version; what its pods show, separated by spaces
    route_history: list[tuple[float, Mapping[str, int]]] = field(default_factory=list)

    def observation(self) -> Observation:
        return Observation(
            namespace="default",
            name="fill-mask",
            generation=self.generation,
            spec=self.spec,
            status=self.status,
            command=self.command,
            revisions=dict(self.revisions),
            workloads=dict(self.workloads),
            route=self.route,
            root_version=self.root_version,
            told=frozenset(self.told),
            evidence={watch: self.evidence.get(watch.subject, GOOD) for watch in self.watches},
            approval=self.approval,
            gates={run: self.gate_results[run.gate] for run in self.gate_runs if run.gate in self.gate_results},
            upstream=self.upstream,
            obstacle=self.obstacle,
        )

    def edit(self, version: str | None, **changes: Any) -> None:
        """Editing only `spec.version`, and what `changes` says."""
        fields = self.spec.model_dump(mode="json", by_alias=True)
        self.spec = BertReleaseSpec.model_validate({**fields, "version": version, **changes})
        self.generation += 1

    def release(self, version: str, **changes: Any) -> None:
        """A new version with new contents, as a pipeline applies it."""
        self.edit(version, model={"name": f"bert-{version}"}, **changes)

    def order(self, verb: str, version: str) -> None:
        """`kubectl bert <verb>`."""
        self.command = f"{verb} {version} {self.now}"

    def approve(self, version: str, *, attempt: int = 1, gate: str = "", user: str = "ada") -> None:
        """`kubectl bert approve`; `gate` may be followed by a slash and the point."""
        self.approval = f"{version} {user} {attempt} {gate} {self.now}" if gate else f"{version} {user} {attempt}"

    def reconcile(self, writes: int | None = None, workloads: Mapping[str, WorkloadView] | None = None) -> Decision:
        """One pass; only the first `writes` writes are made if given, as when the operator is killed then.

        `workloads` are what it sees of the pods, if not the truth.
        """
        observation = self.observation()
        if workloads is not None:
            observation = replace(observation, workloads=workloads)
        decision = decide(observation, self.now)
        self.on_decision(observation, decision)
        self.watches, self.gate_runs = decision.watches, decision.gates
        for index, write in enumerate(self.writes_of(decision, observation.workloads)):
            if writes is not None and index >= writes:
                break
            write()
        return decision

    def run(self, seconds: float, step: float = 1.0) -> None:
        """Time passes, pods start, and the release is reconciled once in each step."""
        end = self.now + seconds
        while self.now < end:
            self.reconcile()
            self.start_pods()
            self.now += step

    def start_pods(self) -> None:
        for version, workload in self.workloads.items():
            ready = 0 if version in self.unready else workload.replicas
            shown = frozenset(self.image_ids[version].split()) if version in self.image_ids else workload.image_ids
            self.workloads[version] = replace(workload, ready_endpoints=ready, image_ids=shown)

    def autoscale(self, version: str, wish: int) -> None:
        """The autoscaler of `version`, if it has one, comes as near to `wish` pods as it may; new ones are unready."""
        bounds, workload = self.ranges.get(version), self.workloads.get(version, WorkloadView())
        if bounds is not None and workload.replicas:
            self._scale(version, max(bounds.least, min(wish, bounds.most)))

    def writes_of(self, decision: Decision, seen: Mapping[str, WorkloadView]) -> Iterator[Write]:
        """In the order in which the reconciler makes them; `seen`: the pods that the decision was made on."""
        route = decision.route
        urgent = route is not None and route.urgent
        if urgent:
            yield lambda: self._write_route(decision)
        if decision.record is not None:
            yield lambda: self._write_record(decision)
        if decision.quiet_until is None and not urgent:
            yield from self._workload_writes(decision, seen)
        for version, status in decision.revision_statuses.items():
            yield lambda version=version, status=status: self._write_verdict(version, status)  # type: ignore[misc]
        yield lambda: self._write_status(decision)
        if route is not None and not urgent:
            yield lambda: self._write_route(decision)

    def _workload_writes(self, decision: Decision, seen: Mapping[str, WorkloadView]) -> Iterator[Write]:
        for version, replicas in decision.replicas.items():
            yield lambda version=version: self._bound(version, decision)  # type: ignore[misc]
            # What an autoscaler may have changed is written only as it was seen; else the API server refuses.
            if version not in decision.ranges or self._count(self.workloads, version) == self._count(seen, version):
                yield lambda version=version, replicas=replicas: self._scale(version, replicas)  # type: ignore[misc]
        yield lambda: setattr(self, "root_version", decision.root_version)
        yield lambda: setattr(self, "preview_version", decision.preview_version)
        for version in decision.prune:
            yield lambda version=version: self._prune(version)  # type: ignore[misc]

    def _write_route(self, decision: Decision) -> None:
        assert decision.route is not None
        if self.route is None or dict(self.route.weights) != dict(decision.route.weights):
            self.route_history.append((self.now, dict(decision.route.weights)))
        self.route = RouteView(dict(decision.route.weights), decision.route.note)

    def _write_record(self, decision: Decision) -> None:
        record = decision.record
        assert record is not None
        view = RevisionView(record, BertRevisionStatus(), uid=f"{record.version}@{self.now}", created_at=self.now)
        self.revisions.setdefault(record.version, view)

    def _write_verdict(self, version: str, status: BertRevisionStatus) -> None:
        if version in self.revisions:
            self.revisions[version] = replace(self.revisions[version], status=status)

    def _write_status(self, decision: Decision) -> None:
        self.status = decision.status
        self.events.extend(decision.events)

    @staticmethod
    def _count(workloads: Mapping[str, WorkloadView], version: str) -> int:
        return workloads.get(version, WorkloadView()).replicas

    def _bound(self, version: str, decision: Decision) -> None:
        bounds = decision.ranges.get(version)
        if bounds is None:
            self.ranges.pop(version, None)
        else:
            self.ranges[version] = bounds

    def _scale(self, version: str, replicas: int) -> None:
        workload = self.workloads.get(version, WorkloadView())
        ready = min(workload.ready_endpoints, replicas)
        self.workloads[version] = replace(workload, replicas=replicas, ready_endpoints=ready)

    def _prune(self, version: str) -> None:
        self.revisions.pop(version, None)
        self.workloads.pop(version, None)

    @property
    def reached(self) -> set[str]:
        """Versions that the route sends anything to."""
        return set(self.weights) | (self.route.steering.versions if self.route is not None else set())

    @property
    def weights(self) -> dict[str, int]:
        return dict(self.route.weights) if self.route is not None else {}


def serving(version: str = "v1.0.0", **changes: Any) -> World:
    """A world in which `version` has come up, was observed, and is proven. Made once for each of its kind."""
    kind = repr((version, sorted(changes.items())))
    if kind not in _SERVING:
        _SERVING[kind] = World(release_spec(version, **changes))
        _SERVING[kind].run(300)
    return deepcopy(_SERVING[kind])


_SERVING: dict[str, World] = {}
