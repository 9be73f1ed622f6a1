"""A pod on the whole cluster, looked at from every side: one start of the cluster serves all of it."""

from __future__ import annotations

import json
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devcluster import Cluster, cgroups
from devcluster.network import Network
from tests.devcluster.traces import traces

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

HELLO = Path(__file__).parent / "hello"
IMAGE = "localhost/devcluster-test-hello:v1"
PATIENCE_SECONDS = 60.0

# Runs in the pod: cluster DNS, a ClusterIP, and the API server by the service account's credentials.
FROM_INSIDE = """
import ssl, urllib.request
account = "/var/run/secrets/kubernetes.io/serviceaccount/"
print(urllib.request.urlopen("http://hello.hello/", timeout=5).read().decode())
headers = {"Authorization": "Bearer " + open(account + "token").read()}
request = urllib.request.Request("https://kubernetes.default/version", headers=headers)
context = ssl.create_default_context(cafile=account + "ca.crt")
print(urllib.request.urlopen(request, context=context, timeout=5).status)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster("t-whole")
    try:
        cluster.up()
        cluster.build_image(IMAGE, dockerfile=HELLO / "Dockerfile", context=HELLO)
        cluster.load_image(IMAGE)
        cluster.kubectl("apply", f"--filename={HELLO / 'hello.yaml'}")
        cluster.kubectl("wait", "pod/hello", "--namespace=hello", "--for=condition=Ready", "--timeout=60s")
        yield cluster
    finally:
        network = Network(int(cluster.node_address.split(".")[1]))
        cluster.down()
        assert traces("t-whole", network) == {}


def get(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as response:
        return str(response.read().decode())


def eventually(look: Callable[[], str], wanted: str) -> None:
    """Fails with what was seen last when the wanted answer does not come."""
    deadline, seen = time.monotonic() + PATIENCE_SECONDS, ""
    while time.monotonic() < deadline:
        try:
            seen = look()
        except urllib.error.URLError as error:
            seen = str(error)
        if seen == wanted:
            return
        time.sleep(0.1)
    pytest.fail(f"wanted {wanted!r}, saw {seen!r} at last")


def test_a_request_goes_through_the_gateway_to_the_pod(cluster: Cluster) -> None:
    eventually(lambda: get(cluster.gateway_url), "春风")


def test_the_host_reaches_pods_and_cluster_ips_directly(cluster: Cluster) -> None:
    pod = cluster.kubectl("get", "pod/hello", "--namespace=hello", "--output=jsonpath={.status.podIP}")
    service = cluster.kubectl("get", "service/hello", "--namespace=hello", "--output=jsonpath={.spec.clusterIP}")
    assert get(f"http://{pod}:8000") == "春风"
    eventually(lambda: get(f"http://{service}"), "春风")


def test_a_pod_reaches_services_by_name_and_the_api_with_its_own_token(cluster: Cluster) -> None:
    shell = ["exec", "hello", "--namespace=hello", "--stdin", "--", "python3", "-"]
    assert cluster.kubectl(*shell, stdin=FROM_INSIDE).split() == ["春风", "200"]


def test_prometheus_finds_the_pod_by_its_annotations(cluster: Cluster) -> None:
    query = urllib.parse.urlencode({"query": "hello_info"})

    def labels() -> str:
        answer = json.loads(get(f"{cluster.prometheus_url}/api/v1/query?{query}"))
        return ",".join("/".join((r["metric"]["namespace"], r["metric"]["pod"])) for r in answer["data"]["result"])

    eventually(labels, "hello/hello")


def test_cpu_and_memory_limits_are_the_kernels(cluster: Cluster) -> None:
    memory, cpu, group = "memory/", "cpu/", f"{cgroups.group_name(cluster.name)}/kubepods/pod*/*"
    if cgroups.is_version_2():
        memory = cpu = ""
    limit = "memory.max" if cgroups.is_version_2() else "memory.limit_in_bytes"
    quota = "cpu.max" if cgroups.is_version_2() else "cpu.cfs_quota_us"
    limits = {path.read_text().strip() for path in cgroups.CGROUP_ROOT.glob(f"{memory}{group}/{limit}")}
    quotas = {path.read_text().split()[0] for path in cgroups.CGROUP_ROOT.glob(f"{cpu}{group}/{quota}")}
    assert str(64 * 1024 * 1024) in limits
    assert "20000" in quotas


def test_the_image_is_not_built_again_when_nothing_changed(cluster: Cluster) -> None:
    first = cluster.build_image(IMAGE, dockerfile=HELLO / "Dockerfile", context=HELLO)
    written = first.stat().st_mtime_ns
    assert cluster.build_image(IMAGE, dockerfile=HELLO / "Dockerfile", context=HELLO) == first
    assert first.stat().st_mtime_ns == written


def test_traffic_flows_on_while_istiod_is_stopped_and_prometheus_comes_back(cluster: Cluster) -> None:
    eventually(lambda: get(cluster.gateway_url), "春风")
    cluster.stop("istiod")
    assert get(cluster.gateway_url) == "春风"
    cluster.start("istiod")
    cluster.restart("prometheus")
    assert cluster.is_up


def test_a_pod_that_is_deleted_stops_on_sigterm_within_its_grace(cluster: Cluster) -> None:
    pod = ["run", "brief", "--namespace=hello", f"--image={IMAGE}", "--dry-run=client", "--output=json"]
    spec = json.loads(cluster.kubectl(*pod))
    template = json.loads(cluster.kubectl("get", "pod/hello", "--namespace=hello", "--output=json"))["spec"]
    spec["spec"] = {
        "containers": [{k: v for k, v in template["containers"][0].items() if k != "volumeMounts"}],
        "securityContext": template["securityContext"],
        "terminationGracePeriodSeconds": 3600,
    }
    cluster.kubectl("create", "--filename=-", stdin=json.dumps(spec))
    cluster.kubectl("wait", "pod/brief", "--namespace=hello", "--for=condition=Ready", "--timeout=60s")
    # Without the signal the pod would take the hour of its grace, and kubectl give up before.
    cluster.kubectl("delete", "pod/brief", "--namespace=hello", "--timeout=30s")


def test_a_build_argument_that_only_sets_a_variable_makes_another_image(cluster: Cluster, tmp_path: Path) -> None:
    recipe = tmp_path / "Dockerfile"
    recipe.write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG WORD\nCOPY Dockerfile /word\nENV WORD=${WORD}\n")
    for word in ("one", "two"):
        archive = cluster.build_image(
            f"localhost/t-word:{word}", dockerfile=recipe, context=tmp_path, build_args={"WORD": word}
        )
        assert f"WORD={word}" in environment_of(archive)


def environment_of(archive: Path) -> list[str]:
    """The variables of the image in an OCI archive."""
    with tarfile.open(archive) as files:

        def document(name: str) -> dict[str, Any]:
            member = files.extractfile(name)
            assert member is not None
            content: dict[str, Any] = json.load(member)
            return content

        def blob(descriptor: dict[str, Any]) -> dict[str, Any]:
            return document("blobs/" + descriptor["digest"].replace(":", "/"))

        manifest = blob(document("index.json")["manifests"][0])
        variables: list[str] = blob(manifest["config"])["config"]["Env"]
        return variables
