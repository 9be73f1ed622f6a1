from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from devcluster.components import (
    Profile,
    api_clients,
    components_of,
    containerd,
    coredns,
    gateway,
    identities_of,
    istiod,
    kubelet,
    prometheus,
)
from devcluster.components.base import Component
from devcluster.errors import DevClusterError
from tests.unit.devcluster.support import site


@pytest.mark.parametrize("profile", get_args(Profile))
def test_within_a_profile_every_need_exists_and_none_goes_in_a_circle(profile: Profile, tmp_path: Path) -> None:
    left = {component.name: set(component.needs) for component in components_of(site(tmp_path), profile)}
    while left:
        startable = {name for name, needs in left.items() if not needs & left.keys()}
        assert startable, f"a circle, or a need that nobody meets, among {left}"
        assert all(needs <= left.keys() | set(_names(profile, tmp_path)) for needs in left.values())
        left = {name: needs for name, needs in left.items() if name not in startable}


def _names(profile: Profile, root: Path) -> list[str]:
    return [component.name for component in components_of(site(root), profile)]


def test_the_control_plane_has_what_integration_tests_need_and_no_node(tmp_path: Path) -> None:
    assert _names("control-plane", tmp_path) == ["etcd", "kube-apiserver", "kube-controller-manager", "istio-crds"]


def test_leaving_a_component_out_leaves_out_what_needs_it(tmp_path: Path) -> None:
    names = {component.name for component in components_of(site(tmp_path), "full", ["istiod"])}
    assert not names & {"istiod", "gateway"}
    assert {"kubelet", "prometheus"} <= names


def test_leaving_out_what_does_not_exist_lists_what_does(tmp_path: Path) -> None:
    with pytest.raises(DevClusterError, match="no component 'kublet'; the full profile has etcd, kube-apiserver"):
        components_of(site(tmp_path), "full", ["kublet"])


def test_everyone_who_gets_a_kubeconfig_gets_a_certificate(tmp_path: Path) -> None:
    certified = {identity.file for identity in identities_of(site(tmp_path))}
    assert set(api_clients(site(tmp_path))) <= certified


@pytest.mark.parametrize("profile", get_args(Profile))
def test_no_file_is_written_by_two_components_or_outside_the_clusters_own_directory(
    profile: Profile, tmp_path: Path
) -> None:
    here = site(tmp_path)
    files = [file for component in components_of(here, profile) for file in component.files]
    assert len(files) == len(set(files))
    assert all(file.is_relative_to(here.paths.root) for file in files)


def test_the_kubelet_keeps_pods_in_the_clusters_cgroup_and_lets_nobody_in_unasked(tmp_path: Path) -> None:
    config = yaml.safe_load(kubelet.render_config(site(tmp_path)))
    assert config["cgroupRoot"] == "/devcluster-t-unit"
    assert config["authentication"]["anonymous"]["enabled"] is False
    assert config["authorization"]["mode"] == "Webhook"
    assert config["clusterDNS"] == ["10.150.0.2"]


@pytest.mark.parametrize(
    ("node", "awaited"),
    [
        ({}, "node node-1 to report"),
        (
            {"status": {"conditions": [{"type": "Ready", "status": "False", "message": "no network"}]}},
            "node node-1: no network",
        ),
        ({"status": {"conditions": [{"type": "Ready", "status": "True", "message": "posting"}]}}, None),
    ],
)
def test_a_node_is_ready_by_its_ready_condition(node: dict[str, Any], awaited: str | None) -> None:
    assert kubelet.node_is_ready(node) == awaited


def test_containerd_uses_our_pause_image_and_the_pod_network(tmp_path: Path) -> None:
    config = tomllib.loads(containerd.render_config(site(tmp_path)))
    plugins = config["plugins"]
    assert plugins["io.containerd.cri.v1.images"]["pinned_images"]["sandbox"] == containerd.PAUSE_IMAGE
    conf_dir = Path(plugins["io.containerd.cri.v1.runtime"]["cni"]["conf_dir"])
    assert conf_dir / "pods.conflist" in containerd.component(site(tmp_path)).files


def test_pods_get_addresses_of_the_clusters_own_network(tmp_path: Path) -> None:
    (plugin,) = json.loads(containerd.render_pod_network(site(tmp_path, block=151)))["plugins"]
    assert plugin["ipam"]["ranges"] == [[{"subnet": "10.151.1.0/24"}]]


def test_names_outside_the_cluster_are_denied_in_a_block_of_their_own(tmp_path: Path) -> None:
    blocks = [block for block in coredns.render_config(site(tmp_path)).split("\n}") if block.strip()]
    (denying,) = (block for block in blocks if "rcode NXDOMAIN" in block)
    assert "kubernetes cluster.local" not in denying


def test_the_gateway_says_who_it_is_so_that_istiod_gives_it_the_gateways_routes(tmp_path: Path) -> None:
    bootstrap = yaml.safe_load(gateway.render_bootstrap(site(tmp_path)))
    assert bootstrap["node"]["id"].startswith("router~10.150.0.2~istio-ingressgateway.istio-system~")
    assert bootstrap["node"]["metadata"]["LABELS"]["istio"] == "ingressgateway"


def test_the_gateways_status_port_offers_no_other_admin_page(tmp_path: Path) -> None:
    (listener,) = yaml.safe_load(gateway.render_bootstrap(site(tmp_path)))["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    (host,) = manager["route_config"]["virtual_hosts"]
    assert [route["match"] for route in host["routes"]] == [{"path": "/ready"}, {"path": "/stats/prometheus"}]


def test_automatic_mtls_is_off_for_a_gateway_without_certificates(tmp_path: Path) -> None:
    assert _mesh_config(istiod.component(site(tmp_path)))["enableAutoMtls"] is False


def test_sidecars_get_certificates_and_use_them(tmp_path: Path) -> None:
    component = istiod.component_for_sidecars(site(tmp_path))
    assert _mesh_config(component)["enableAutoMtls"] is True
    assert f"--secureGRPCAddr={site(tmp_path).node_address}:15012" in component.command


@pytest.mark.parametrize(
    ("webhooks", "awaited"),
    [
        ([], "istiod to certify its webhook"),
        ([{"clientConfig": {"caBundle": "LS0t"}}, {"clientConfig": {}}], "istiod to certify its webhook"),
        ([{"clientConfig": {"caBundle": "LS0t"}}], None),
    ],
    ids=["none", "one without", "all"],
)
def test_pods_wait_for_the_webhook_that_gives_them_sidecars(webhooks: list[Any], awaited: str | None) -> None:
    assert istiod.webhook_is_trusted({"webhooks": webhooks}) == awaited


def _mesh_config(component: Component) -> dict[str, Any]:
    (text,) = (text for file, text in component.files.items() if file.name == "mesh.yaml")
    return dict(yaml.safe_load(text))


def test_istiod_keeps_its_default_debounce() -> None:
    assert not [name for name in istiod.ENVIRONMENT if "DEBOUNCE" in name]


def test_prometheus_scrapes_every_second_and_only_pods_that_ask_for_it(tmp_path: Path) -> None:
    config = yaml.safe_load(prometheus.render_config(site(tmp_path)))
    assert config["global"]["scrape_interval"] == "1s"
    pods = next(job for job in config["scrape_configs"] if job["job_name"] == "pods")
    assert {
        "source_labels": ["__meta_kubernetes_pod_annotation_prometheus_io_scrape"],
        "regex": "true",
        "action": "keep",
    } in pods["relabel_configs"]
    targets = {rule["target_label"] for rule in pods["relabel_configs"] if "target_label" in rule}
    assert targets == {"__address__", "__metrics_path__", "namespace", "pod"}


def test_two_clusters_share_no_address_and_no_cgroup(tmp_path: Path) -> None:
    one, other = site(tmp_path, "t-one", 150), site(tmp_path, "t-two", 151)
    for ours, theirs in zip(components_of(one, "full"), components_of(other, "full"), strict=True):
        text = " ".join([*ours.command, *ours.files.values()])
        assert "10.151." not in text, ours.name
        assert "t-two" not in text, ours.name
        assert ours.name == theirs.name
