"""A release in a fake cluster, a pass at a time, with a clock and figures to order."""

import asyncio
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bertrelease_operator.adapters.gates.contract import GateQuestion
from bertrelease_operator.adapters.notify.addresses import address_of
from bertrelease_operator.adapters.notify.contract import DeliveryError, Message
from bertrelease_operator.adapters.resources import OPTIONAL, WATCHED
from bertrelease_operator.adapters.source import PodTarget
from bertrelease_operator.api.health import Health
from bertrelease_operator.api.names import LABEL_MANAGED_BY, LABEL_RELEASE, LABEL_VERSION, MANAGED_BY, child_name
from bertrelease_operator.api.notifications import ReceiverKind
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.decision import ReleaseEvent
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.observation import EvidenceView, Watch
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.routers import ROUTE_FORMATS
from bertrelease_operator.runtime.election import Role
from bertrelease_operator.runtime.execution import Executor
from bertrelease_operator.runtime.gates import GateKeeper
from bertrelease_operator.runtime.heartbeat import WatchHeartbeat
from bertrelease_operator.runtime.kinds import Kinds
from bertrelease_operator.runtime.notifier import Notifier
from bertrelease_operator.runtime.quiet import QuietGate
from bertrelease_operator.runtime.reconciler import Parts, Reconciler
from bertrelease_operator.runtime.remote_upstreams import RemoteUpstreams
from bertrelease_operator.runtime.reporter import Reporter
from bertrelease_operator.runtime.store import Store
from bertrelease_operator.runtime.telemetry import Telemetry
from bertrelease_operator.runtime.upstreams import Upstreams
from bertrelease_operator.runtime.watcher import EvidenceWatcher
from tests.unit.operator.runtime.fake_cluster import FakeCluster, Killed

NAMESPACE, RELEASE = "default", "bert"
KEY = (NAMESPACE, RELEASE)
GOOD = EvidenceView(Verdict.PASS)
BAD = EvidenceView(
    Verdict.FAIL, (CheckStatus(name="error-rate", verdict=Verdict.FAIL, message="20 of 100 requests failed"),)
)


class Mailbox:
    """A `Sender` that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fault: Callable[[Message], DeliveryError | None] = lambda _message: None

    async def send(self, url: str, message: Message) -> None:
        error = self.fault(message)
        if error is not None:
            raise error
        self.messages.append(message)

    @property
    def ids(self) -> list[str]:
        return [message.notice.id for message in self.messages]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Kind and version, in order."""
        return [(message.notice.event.value, message.notice.version) for message in self.messages]


class OrderedEvidence(EvidenceWatcher):
    """Evidence as the scene has it, instead of gathered."""

    def __init__(self, scene: "Scene") -> None:
        super().__init__({}, _no_targets, _ignore_evidence, _ignore_look)
        self._scene = scene
        self.watches: tuple[Watch, ...] = ()

    def want(self, key: tuple[str, str], watches: Iterable[Watch], health: Health) -> None:
        self.watches = tuple(watches)

    def forget(self, key: tuple[str, str]) -> None:
        self.watches = ()

    def evidence(self, key: tuple[str, str], now: float) -> dict[Watch, EvidenceView]:
        return {watch: self._scene.evidence.get(watch.subject, GOOD) for watch in self.watches}


class OrderedGates(GateKeeper):
    """Results as the scene has them, instead of worked for."""

    def __init__(self, scene: "Scene") -> None:
        super().__init__({}, _ignore_evidence)
        self._scene = scene
        self._wanted: list[GateRun] = []

    def want(self, key: tuple[str, str], questions: Iterable[GateQuestion]) -> None:
        self._wanted = [question.run for question in questions]

    def forget(self, key: tuple[str, str]) -> None:
        self._wanted = []

    def results(self, key: tuple[str, str]) -> dict[GateRun, GateResult]:
        return {run: self._scene.gate_results[run.version] for run in self._wanted}


def _no_targets(_key: tuple[str, str], _versions: Iterable[str]) -> tuple[PodTarget, ...]:
    return ()


def _ignore_evidence(_release: tuple[str, str], *, urgent: bool) -> None:
    pass


def _ignore_look(_source: object, _look: object, _seconds: float) -> None:
    pass


@dataclass
class Scene:
    """Everything outside the operator's process, and the process."""

    cluster: FakeCluster = field(default_factory=FakeCluster)
    now: float = 1_000_000.0
    evidence: dict[str, EvidenceView] = field(default_factory=dict)
    gate_results: dict[str, GateResult] = field(default_factory=dict)  # by version, of all gates
    unready: set[str] = field(default_factory=set)
    spec: dict[str, Any] = field(default_factory=dict)  # of every release
    routes: list[dict[str, int]] = field(default_factory=list)  # every state that the route had
    mailbox: Mailbox = field(default_factory=Mailbox)
    given_up: list[ReleaseEvent] = field(default_factory=list)  # Events of notices that nobody took

    woken: list[tuple[str, str]] = field(default_factory=list)  # followers, because of what they follow

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process: it knows what it lists, and nothing else."""
        self.store = Store(clock=self._clock)
        self.telemetry = Telemetry()
        self.telemetry.role_changed(Role.LEADER)
        self.gate = QuietGate(self._clock)
        self.kinds = Kinds(self.cluster)
        self.kinds.watched = (*WATCHED, *(one for one in OPTIONAL if one.kind not in self.cluster.absent))
        self.watcher = OrderedEvidence(self)
        self.gatekeeper = OrderedGates(self)
        self.notifier = Notifier(
            dict.fromkeys(ReceiverKind, self.mailbox),
            functools.partial(address_of, self.cluster),
            may_send=lambda: True,
            on_told=lambda _key: None,
            tell_event=self._tell_event,
            count=self.telemetry.count_notification,
            sleep=self._pause,
        )
        executor = Executor(self.cluster, self.store, WatchHeartbeat(self._clock), self.gate, self.telemetry)
        self.upstreams = Upstreams(self.store, RemoteUpstreams(self.cluster, self.woken.append), self.woken.append)
        self.store.listener = self.upstreams.heard
        parts = Parts(
            store=self.store,
            executor=executor,
            watcher=self.watcher,
            gatekeeper=self.gatekeeper,
            notifier=self.notifier,
            gate=self.gate,
            reporter=Reporter(self.cluster, self._clock),
            telemetry=self.telemetry,
            kinds=self.kinds,
            upstreams=self.upstreams,
        )
        self.reconciler = Reconciler(parts, self._clock)

    async def _tell_event(self, _key: tuple[str, str], event: ReleaseEvent) -> None:
        self.given_up.append(event)

    async def _pause(self, _seconds: float) -> None:
        """The notifier's pauses take no time here."""
        await asyncio.sleep(0)

    def _clock(self) -> float:
        return self.now

    def release(self, version: str, **changes: Any) -> None:
        """Applies the release with `version` and contents of its own."""
        spec: dict[str, Any] = {
            "version": version,
            "image": {"repository": "localhost/bert"},
            "model": {"name": f"bert-{version}"},
            "replicas": 2,
            "strategy": {
                "canary": {"steps": [{"weight": 50, "holdSeconds": 10}]},
                "readyDeadlineSeconds": 100,
                "observationSeconds": 60,
            },
            **self.spec,
            **changes,
        }
        known = self.cluster.objects.get(("BertRelease", *KEY), {})
        generation = known.get("metadata", {}).get("generation", 0) + 1
        metadata = {**known.get("metadata", {}), "name": RELEASE, "namespace": NAMESPACE, "generation": generation}
        obj = {"apiVersion": "bertrelease.io/v1alpha1", "kind": "BertRelease", "metadata": metadata, "spec": spec}
        self.cluster.seed({**obj, "status": known.get("status", {})})

    def follow(self, version: str, digest: str) -> None:
        """The release takes its versions from `upstream`, which has just proven `version` with that image."""
        self._seed_upstream(version, digest)
        labels = {LABEL_MANAGED_BY: MANAGED_BY, LABEL_RELEASE: RELEASE, LABEL_VERSION: version}
        metadata = {"name": f"pod-of-{version}", "namespace": NAMESPACE, "labels": labels}
        container = {"name": "server", "restartCount": 0, "imageID": f"localhost/bert@{digest}"}
        self.cluster.seed({"kind": "Pod", "metadata": metadata, "status": {"containerStatuses": [container]}})
        known = self.cluster.objects.get(("BertRelease", *KEY))
        if known is None:
            self.release(version)
            known = self.cluster.objects["BertRelease", *KEY]
        left_out = {name: value for name, value in known["spec"].items() if name not in {"version", "model"}}
        promotion = {"from": {"name": "upstream"}, "soakSeconds": 0}
        self.cluster.seed({**known, "spec": {**left_out, "promotion": promotion}})

    def _seed_upstream(self, version: str, digest: str) -> None:
        head = {"apiVersion": "bertrelease.io/v1alpha1"}
        contents = {"image": {"repository": "localhost/bert"}, "model": {"name": f"bert-{version}"}}
        release = self.cluster.seed(
            {
                **head,
                "kind": "BertRelease",
                "metadata": {"name": "upstream", "namespace": NAMESPACE},
                "spec": {"version": version, **contents},
                "status": {"stable": version},
            }
        )
        owner = {"apiVersion": head["apiVersion"], "kind": "BertRelease", "name": "upstream"}
        metadata = {
            "name": child_name("upstream", version),
            "namespace": NAMESPACE,
            "labels": {LABEL_MANAGED_BY: MANAGED_BY, LABEL_RELEASE: "upstream", LABEL_VERSION: version},
            "ownerReferences": [{**owner, "uid": release["metadata"]["uid"]}],
        }
        proven = {
            "verdict": "Proven",
            "decidedAt": to_timestamp(self.now - 60),
            "servedFrom": to_timestamp(self.now - 60),
            "imageId": f"registry.example.org/bert@{digest}",
            "fingerprint": digest,
        }
        spec = {"release": "upstream", "version": version, **contents}
        self.cluster.seed({**head, "kind": "BertRevision", "metadata": metadata, "spec": spec, "status": proven})

    def edit_version(self, version: str) -> None:
        known = self.object("BertRelease", RELEASE)
        known["metadata"]["generation"] += 1
        self.cluster.seed({**known, "spec": {**known["spec"], "version": version}})

    def object(self, kind: str, name: str) -> KubeObject:
        return self.cluster.objects[kind, NAMESPACE, name]

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.object("BertRelease", RELEASE).get("status", {})
        return found

    def verdict(self, version: str) -> str:
        return str(self.object("BertRevision", child_name(RELEASE, version)).get("status", {}).get("verdict", ""))

    def weights(self) -> dict[str, int]:
        for route in ROUTE_FORMATS.values():
            if (found := self.cluster.objects.get((route.kind, *KEY))) is not None:
                return dict(route.parse(found).weights)
        return {}

    def hear(self) -> None:
        """The watches tell of everything that there is, and of what is gone."""
        there = {resource.kind for resource in self.kinds.watched}
        for key, obj in self.cluster.objects.items():
            if key[0] in there:
                self.store.put(obj)
        for key in [*self.store.of_release(KEY)]:
            if key not in self.cluster.objects:
                self.store.remove(key, self.cluster.next_version())

    async def settle(self, most_passes: int = 30) -> None:
        """Passes until one that has nothing to write, without time going by."""
        for _ in range(most_passes):
            self.hear()
            before = len(self.cluster.calls)
            await self.reconciler.reconcile(KEY)
            self.routes.append(self.weights())
            self._run_pods()
            await self._let_others_work()
            if len(self.cluster.calls) == before and not self.notifier.told(KEY):
                return
        raise AssertionError(f"still writing after {most_passes} passes: {self.cluster.calls[-10:]}")

    @staticmethod
    async def _let_others_work() -> None:
        """The notifier's tasks, which never wait for anything real here."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def run(self, seconds: float, step: float = 1.0) -> None:
        """Time passes."""
        end = self.now + seconds
        while self.now < end:
            await self.settle()
            self.now += step

    async def run_until_killed(self, writes: int) -> bool:
        """One settling in which the process is killed after `writes` writes; False if it came to its end first."""
        self.cluster.killed_after = writes
        try:
            await self.settle()
        except Killed:
            return True
        finally:
            self.cluster.killed_after = None
        return False

    def _run_pods(self) -> None:
        """Pods become ready at once; each change of their number is one of the EndpointSlice."""
        for key, deployment in [*self.cluster.objects.items()]:
            if key[0] != "Deployment":
                continue
            labels = deployment["metadata"]["labels"]
            version = labels[LABEL_VERSION]
            count = 0 if version in self.unready else deployment["spec"]["replicas"]
            endpoints = [
                {"addresses": [f"10.0.0.{i}"], "conditions": {"ready": True}, "targetRef": {"name": f"{key[2]}-{i}"}}
                for i in range(count)
            ]
            slice_key = ("EndpointSlice", NAMESPACE, key[2])
            if self.cluster.objects.get(slice_key, {}).get("endpoints") == endpoints:
                continue
            owned = {LABEL_MANAGED_BY: MANAGED_BY, LABEL_RELEASE: RELEASE, LABEL_VERSION: version}
            owner = deployment["metadata"].get("ownerReferences", [])
            metadata = {"name": key[2], "namespace": NAMESPACE, "labels": owned, "ownerReferences": owner}
            self.cluster.seed({"kind": "EndpointSlice", "metadata": metadata, "endpoints": endpoints})


def serving(*versions: str, **spec: Any) -> Scene:
    """A scene in which `versions` were released one after another, and the last one serves."""
    scene = Scene(spec=spec)
    for version in versions:
        scene.release(version)
        asyncio.run(scene.run(100))
    return scene
