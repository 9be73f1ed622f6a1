"""The life of clusters, shown on the control plane alone, which is quick to start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from devcluster import DevClusterError, StartError
from devcluster.network import Network
from devcluster.paths import ClusterPaths
from devcluster.settings import Settings
from tests.devcluster.conftest import MakeCluster
from tests.devcluster.traces import traces

# With an empty cache, the first of them builds everything.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]


def network_of(name: str) -> Network:
    settings = Settings.load(ClusterPaths.of(name).settings)
    assert settings
    return settings.network


def test_two_clusters_live_side_by_side_and_each_leaves_nothing_behind(make_cluster: MakeCluster) -> None:
    left, right = make_cluster("t-left"), make_cluster("t-right")
    left.up(profile="control-plane")
    right.up(profile="control-plane")
    left.kubectl("create", "configmap", "mark", "--from-literal=poem=静夜思")
    networks = {cluster.name: network_of(cluster.name) for cluster in (left, right)}

    assert json.loads(left.kubectl("get", "configmap", "mark", "-o", "json"))["data"] == {"poem": "静夜思"}
    with pytest.raises(DevClusterError, match="NotFound"):
        right.kubectl("get", "configmap", "mark")
    assert "virtualservices.networking.istio.io" in right.kubectl("get", "crd", "--output=name")

    left.down()
    assert traces("t-left", networks["t-left"]) == {}
    assert right.is_up
    assert "default" in right.kubectl("get", "namespaces")
    right.down()
    assert traces("t-right", networks["t-right"]) == {}


def test_a_component_can_be_stopped_and_started_and_up_starts_what_is_missing(make_cluster: MakeCluster) -> None:
    cluster = make_cluster("t-faults")
    cluster.up(profile="control-plane")
    cluster.kubectl("create", "namespace", "kept")

    cluster.stop("kube-apiserver")
    assert [part.name for part in cluster.status().components if part.state == "stopped"] == ["kube-apiserver"]
    with pytest.raises(DevClusterError, match="refused"):
        cluster.kubectl("get", "namespaces")

    cluster.start("kube-apiserver")
    assert cluster.is_up
    cluster.stop("kube-controller-manager")
    cluster.up(profile="control-plane")
    assert cluster.is_up
    assert "kept" in cluster.kubectl("get", "namespaces")
    with pytest.raises(DevClusterError, match="is up with the profile control-plane"):
        cluster.up(profile="full")


def test_a_start_that_fails_names_the_part_its_reason_and_its_log(make_cluster: MakeCluster) -> None:
    cluster = make_cluster("t-broken")
    cluster.up(profile="control-plane")
    cluster.stop("kube-apiserver")
    (cluster.paths.pki / "kube-apiserver.crt").write_text("not a certificate")
    with pytest.raises(StartError) as caught:
        cluster.start("kube-apiserver")
    message = str(caught.value)
    assert message.startswith("kube-apiserver did not start: it ended with status 1")
    assert "failed to find any PEM data" in message
    assert str(cluster.paths.log("kube-apiserver")) in message


def test_down_cleans_up_after_an_up_that_was_killed_half_way(make_cluster: MakeCluster) -> None:
    cluster = make_cluster("t-killed")
    cluster.build()
    command = [sys.executable, "-m", "devcluster", "up", "--name", "t-killed", "--profile", "control-plane"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not cluster.paths.log("etcd").exists():
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    network = network_of("t-killed")
    assert traces("t-killed", network)
    cluster.down()
    assert traces("t-killed", network) == {}
