"""Stand-ins for what the control-plane profile lacks: a kubelet, and a Prometheus with figures to order."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from kubernetes import client, config

from bertrelease_operator.api.names import LABEL_VERSION, version_slug
from devcluster import Cluster

_HEARTBEAT_SECONDS = 10.0
_BUCKETS_SECONDS = (0.01, 0.1, 1.0)
FINGERPRINT = "sha256:" + 64 * "0"


def core_api(cluster: Cluster) -> Any:
    """The official synchronous client, as administrator."""
    configuration = client.Configuration()
    config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    return client.CoreV1Api(client.ApiClient(configuration))


def image_id(version: str) -> str:
    """What the kubelet says of a version's image: the same wherever it runs."""
    return f"localhost/bert@sha256:{hashlib.sha256(version.encode()).hexdigest()}"


@dataclass
class FakeKubelet:
    """Makes the pods of a namespace run and ready, but for those of `broken` versions.

    They need a Node that exists and seems alive, or they would not get into EndpointSlices.
    """

    cluster: Cluster
    namespace: str
    broken: set[str] = field(default_factory=set)
    interval_seconds: float = 0.2

    def __post_init__(self) -> None:
        self._api = core_api(self.cluster)
        self._addresses = iter(range(1, 60_000))

    @contextmanager
    def running(self) -> Iterator["FakeKubelet"]:
        stop = threading.Event()
        self._api.create_node({"metadata": {"name": self._node}})
        thread = threading.Thread(target=self._run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()
            self._api.delete_node(self._node)

    @property
    def _node(self) -> str:
        return f"node-of-{self.namespace}"

    def _run(self, stop: threading.Event) -> None:
        heard_at = 0.0
        while not stop.wait(self.interval_seconds):
            if time.monotonic() - heard_at > _HEARTBEAT_SECONDS:
                heard_at = time.monotonic()
                self._beat()
            for pod in self._api.list_namespaced_pod(self.namespace).items:
                version = (pod.metadata.labels or {}).get(LABEL_VERSION)
                if pod.metadata.deletion_timestamp is not None:
                    self._remove(pod)
                elif version is not None and version not in self.broken and pod.status.pod_ip is None:
                    self._start(pod)

    def _beat(self) -> None:
        now = datetime.now(tz=UTC).isoformat()
        condition = {"type": "Ready", "status": "True", "reason": "Fake", "lastHeartbeatTime": now}
        self._api.patch_node_status(self._node, {"status": {"conditions": [condition]}})

    def _start(self, pod: Any) -> None:
        if pod.spec.node_name is None:
            binding = {"metadata": {"name": pod.metadata.name}, "target": {"kind": "Node", "name": self._node}}
            self._quietly(
                self._api.create_namespaced_pod_binding,
                pod.metadata.name,
                self.namespace,
                binding,
                _preload_content=False,
            )
        number = next(self._addresses)
        address = f"10.250.{number // 250}.{number % 250 + 1}"
        true = [{"type": kind, "status": "True"} for kind in ("PodScheduled", "ContainersReady", "Ready")]
        container = {
            "name": "server",
            "image": "localhost/bert",
            "imageID": image_id(pod.metadata.labels[LABEL_VERSION]),
            "ready": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
        }
        status = {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": true,
            "containerStatuses": [container],
        }
        self._quietly(self._api.patch_namespaced_pod_status, pod.metadata.name, self.namespace, {"status": status})

    def _remove(self, pod: Any) -> None:
        self._quietly(self._api.delete_namespaced_pod, pod.metadata.name, self.namespace, grace_period_seconds=0)

    @staticmethod
    def _quietly(call: Any, *arguments: Any, **options: Any) -> None:
        """Pods may go away between listing and writing."""
        try:
            call(*arguments, **options)
        except client.ApiException as error:
            if error.status not in {404, 409}:
                raise


@dataclass
class Behaviour:
    """How the pods of a version answer. `since`: when their counters began."""

    requests_per_second: float = 200.0
    error_share: float = 0.0
    slow_share: float = 0.0  # slower than 1 s
    since: float = field(default_factory=time.time)


class FakePrometheus:
    """Answers the queries for the servers' metrics as if every pod behaved like its version's `Behaviour`."""

    def __init__(self) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        self.answers = True
        self._started_at = time.time()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["FakePrometheus"]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                body = json.dumps(outer.answer(form["query"][0])).encode()
                self.send_response(200 if outer.answers else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(self, query: str) -> dict[str, Any]:
        now = time.time()
        pods = re.findall(r'pod=~"([^"]*)"', query)[0].split("|")
        series: list[tuple[dict[str, str], float]] = []
        for pod in pods:
            if query.startswith("max by (pod) (timestamp("):
                series.append(({"pod": pod}, now))
            else:
                series += [({**labels, "pod": pod}, value) for labels, value in self._series(pod, now)]
        result = [{"metric": labels, "value": [now, str(value)]} for labels, value in series]
        return {"status": "success", "data": {"resultType": "vector", "result": result}}

    def _series(self, pod: str, now: float) -> Iterator[tuple[dict[str, str], float]]:
        behaviour = self._behaviour(pod)
        requests = int((now - behaviour.since) * behaviour.requests_per_second)
        errors, slow = int(requests * behaviour.error_share), int(requests * behaviour.slow_share)
        yield {"__name__": "bert_requests_total", "status": "200"}, requests - errors
        yield {"__name__": "bert_requests_total", "status": "500"}, errors
        yield {"__name__": "bert_request_duration_seconds_count"}, requests
        for edge in _BUCKETS_SECONDS:
            yield {"__name__": "bert_request_duration_seconds_bucket", "le": str(edge)}, requests - slow
        yield {"__name__": "bert_model_loaded", "fingerprint": FINGERPRINT}, 1
        yield {"__name__": "process_start_time_seconds"}, self._started_at
        yield {"__name__": "process_cpu_seconds_total"}, 1
        yield {"__name__": "process_resident_memory_bytes"}, 1e8

    def _behaviour(self, pod: str) -> Behaviour:
        for version, behaviour in self.behaviours.items():
            if f"-{version_slug(version)}-" in pod:
                return behaviour
        return Behaviour(requests_per_second=0)
