"""What many idle releases cost: CPU, memory, API requests, and the time to settle after a restart.

A real API server and controller-manager, no kubelet: the releases have no replicas, so that they come to rest by
themselves. The operator runs as a process of its own; its CPU and memory are read from /proc, and its requests are
counted by the API server (what was counted in an equally long time without the operator is taken off).
"""

import argparse
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubernetes import client, config
from rich.console import Console
from rich.progress import track

from benchmarks.memory import rss_mib
from benchmarks.report import write_report
from bertrelease_operator.api.names import API_VERSION, GROUP, GROUP_VERSION, RELEASE_PLURAL
from devcluster import Cluster
from devcluster.progress import ConsoleReporter

NAMESPACE: Final = "load"
PORT: Final = 18081
LONGEST_SETTLE_SECONDS: Final = 900
_WRITES: Final = {"POST", "PUT", "PATCH", "APPLY", "DELETE"}
_READS: Final = {"GET", "LIST"}
_LINE: Final = re.compile(r"^apiserver_request_total\{(?P<labels>[^}]*)\} (?P<value>\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Requests:
    """Counted by the API server, leases and watches not included."""

    writes: float
    reads: float

    def __sub__(self, other: "Requests") -> "Requests":
        return Requests(self.writes - other.writes, self.reads - other.reads)


class ApiServer:
    """The API server, as an administrator sees it."""

    def __init__(self, kubeconfig: Path) -> None:
        configuration = client.Configuration()
        config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
        configuration.connection_pool_maxsize = 8
        self._api = client.ApiClient(configuration)
        self._custom = client.CustomObjectsApi(self._api)

    def create_release(self, number: int) -> None:
        self._custom.create_namespaced_custom_object(
            GROUP, API_VERSION, NAMESPACE, RELEASE_PLURAL, idle_release(number)
        )

    def requests(self) -> Requests:
        text = self._api.call_api("GET", f"{self._api.configuration.host}/metrics", self._auth()).read().decode()
        sums = {"writes": 0.0, "reads": 0.0}
        for match in _LINE.finditer(text):
            labels = dict(_LABEL.findall(match["labels"]))
            if labels.get("resource") in {"leases", ""}:
                continue
            kind = "writes" if labels["verb"] in _WRITES else "reads" if labels["verb"] in _READS else None
            if kind is not None:
                sums[kind] += float(match["value"])
        return Requests(**sums)

    def _auth(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        self._api.update_params_for_auth(headers, [], ["BearerToken"], "", "", None)
        return headers


def idle_release(number: int) -> dict[str, Any]:
    """Needs no pods and is observed for a second only."""
    return {
        "apiVersion": GROUP_VERSION,
        "kind": "BertRelease",
        "metadata": {"name": f"idle-{number:04}"},
        "spec": {
            "version": "v1.0.0",
            "image": {"repository": "localhost/none"},
            "model": {"name": "none"},
            "replicas": 0,
            "strategy": {
                "kind": "canary",
                "canary": {"steps": [{"weight": 50, "holdSeconds": 1}]},
                "observationSeconds": 0,
            },
        },
    }


@contextmanager
def operator(cluster: Cluster) -> Iterator["subprocess.Popen[bytes]"]:
    """The operator as a process of this machine."""
    program = Path(sys.executable).parent / "bertrelease-operator"
    command = [str(program), "--port", str(PORT), "--log-level", "warning"]
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def operator_metric(name: str) -> float:
    """Sum over the series of one of the operator's metrics; 0 while it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=2) as response:
            lines = response.read().decode().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{re.escape(name)}(\{{| )", line))


def wait_until_settled(process: "subprocess.Popen[bytes]", count: int) -> float:
    """Seconds until every release had been visited and nothing is due any more."""
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_SETTLE_SECONDS:
        if process.poll() is not None:
            msg = f"the operator ended with status {process.returncode}"
            raise RuntimeError(msg)
        settled = operator_metric("bertrelease_settled_seconds")
        phases = operator_metric("bertrelease_releases")
        if settled and phases == count and operator_metric("bertrelease_queue_depth") == 0:
            return time.monotonic() - began
        time.sleep(0.1)
    msg = f"{count} releases had not settled after {LONGEST_SETTLE_SECONDS} s"
    raise TimeoutError(msg)


def wait_until_healthy(count: int) -> None:
    """All releases at rest."""
    began = time.monotonic()
    while operator_metric('bertrelease_releases{phase="Healthy"}') < count:
        if time.monotonic() - began > LONGEST_SETTLE_SECONDS:
            msg = f"not all of {count} releases were Healthy after {LONGEST_SETTLE_SECONDS} s"
            raise TimeoutError(msg)
        time.sleep(0.5)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def requests_during(server: ApiServer, seconds: float, console: Console, what: str) -> Requests:
    before = server.requests()
    with console.status(f"{what} for {seconds:g} s"):
        time.sleep(seconds)
    return server.requests() - before


def measure(cluster: Cluster, server: ApiServer, count: int, seconds: float, console: Console) -> dict[str, float]:
    """The figures with `count` releases in the cluster."""
    with operator(cluster) as process:
        wait_until_settled(process, count)
        wait_until_healthy(count)
        time.sleep(10)
    without = requests_during(server, seconds, console, "without the operator")
    with operator(cluster) as process:
        settle = wait_until_settled(process, count)
        time.sleep(20)
        cpu_before = cpu_seconds(process.pid)
        with_operator = requests_during(server, seconds, console, f"{count} idle releases")
        cpu_percent = 100 * (cpu_seconds(process.pid) - cpu_before) / seconds
        rss = rss_mib(process.pid)
    found = with_operator - without
    return {
        f"idle_{count}.cpu_percent": cpu_percent,
        f"idle_{count}.rss_mib": rss,
        f"idle_{count}.api_writes_per_s": max(0.0, found.writes / seconds),
        f"idle_{count}.api_reads_per_s": max(0.0, found.reads / seconds),
        f"idle_{count}.settle_s": settle,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[200, 1000], help="numbers of releases, growing")
    parser.add_argument("--seconds", type=float, default=60, help="length of each measurement")
    arguments = parser.parse_args()
    console = Console()
    cluster = Cluster("bench-load", ConsoleReporter(console))
    figures: dict[str, float] = {}
    try:
        cluster.up(profile="control-plane")
        for path in sorted(Path("crds").glob("*.yaml")):
            cluster.kubectl("apply", "--server-side", "-f", str(path))
        cluster.kubectl("create", "namespace", NAMESPACE)
        server, made = ApiServer(cluster.kubeconfig), 0
        for count in arguments.counts:
            with ThreadPoolExecutor(8) as pool:
                numbers = range(made, count)
                creating = pool.map(server.create_release, numbers)
                list(track(creating, f"creating {len(numbers)} releases", total=len(numbers), console=console))
            made = count
            figures |= measure(cluster, server, count, arguments.seconds, console)
    finally:
        cluster.down()
    write_report("operator", settings=vars(arguments), figures=figures, console=console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
