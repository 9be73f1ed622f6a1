"""What a version's pods run, are told, and may do."""

import pytest

from bertrelease_operator.render.config import server_settings
from bertrelease_operator.render.workload import render_deployment
from tests.unit.operator.render.samples import (
    EVERYTHING,
    FINGERPRINT,
    REVISION,
    SELECTOR,
    VERSION_LABELS,
    container,
    environment,
    pod_template,
    record,
)


def test_the_deployment_selects_its_own_pods_and_no_other_versions() -> None:
    spec = render_deployment(record(), 3, REVISION)["spec"]
    assert spec["selector"] == {"matchLabels": SELECTOR}
    assert spec["template"]["metadata"]["labels"] == VERSION_LABELS


@pytest.mark.parametrize("replicas", [0, 1, 7])
def test_the_deployment_has_as_many_replicas_as_decided(replicas: int) -> None:
    assert render_deployment(record(), replicas, REVISION)["spec"]["replicas"] == replicas


def test_a_pod_only_goes_when_its_successor_is_ready() -> None:
    strategy = render_deployment(record(), 3, REVISION)["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def test_the_progress_deadline_leaves_time_to_place_the_pods_before_the_startup_probe_counts() -> None:
    startup = {"startup": {"periodSeconds": 2, "timeoutSeconds": 1, "failureThreshold": 300}}
    assert render_deployment(record(probes=startup), 1, REVISION)["spec"]["progressDeadlineSeconds"] == 1200


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, "localhost/bert:v1.2.0-3f2a9c1"),
        ({"tag": "v1.2.0"}, "localhost/bert:v1.2.0"),
        ({"tag": "v1.2.0", "digest": FINGERPRINT}, f"localhost/bert@{FINGERPRINT}"),
    ],
)
def test_the_image_is_pinned_by_version_tag_or_digest(image: dict[str, str], reference: str) -> None:
    assert container(image={"repository": "localhost/bert", **image})["image"] == reference


def test_the_server_is_told_who_it_is_and_where_its_files_are() -> None:
    assert environment() == {
        "BERT_SERVER_BUNDLE": "/bundle",
        "BERT_SERVER_CONFIG": "/etc/bert-server/server.json",
        "BERT_SERVER_METRICS_PORT": "9090",
        "BERT_SERVER_PORT": "8080",
        "BERT_SERVER_RELEASE": "fill-mask",
        "BERT_SERVER_SHUTDOWN_SECONDS": "38",
        "BERT_SERVER_VERSION": "v1.2.0-3f2a9c1",
    }


def test_the_server_is_told_which_fingerprint_its_bundle_must_have() -> None:
    model = {"name": "bert", "fingerprint": FINGERPRINT}
    assert environment(model=model)["BERT_SERVER_EXPECTED_FINGERPRINT"] == FINGERPRINT


@pytest.mark.parametrize(("drain_seconds", "grace_seconds"), [(5, 45), (0, 1), (9, 10), (60, 600)])
def test_requests_in_flight_end_before_the_kubelet_ends_the_pod(drain_seconds: int, grace_seconds: int) -> None:
    variables = environment(
        config={"drainSeconds": drain_seconds}, podTemplate={"terminationGracePeriodSeconds": grace_seconds}
    )
    shutdown_seconds = int(variables["BERT_SERVER_SHUTDOWN_SECONDS"])
    assert shutdown_seconds >= 1
    assert drain_seconds + shutdown_seconds <= max(grace_seconds, drain_seconds + 1)


def test_a_person_may_set_the_time_for_requests_in_flight() -> None:
    assert "BERT_SERVER_SHUTDOWN_SECONDS" not in environment(config={"extra": {"shutdown_seconds": "3"}})


def test_the_probes_ask_whether_the_server_is_ready_or_alive_as_often_as_the_record_says() -> None:
    rendered = container(probes=EVERYTHING["probes"])
    assert rendered["startupProbe"] == {
        "httpGet": {"path": "/ready", "port": "http"},
        "periodSeconds": 2,
        "timeoutSeconds": 1,
        "failureThreshold": 300,
    }
    assert rendered["readinessProbe"] == {
        "httpGet": {"path": "/ready", "port": "http"},
        "periodSeconds": 3,
        "timeoutSeconds": 2,
        "failureThreshold": 4,
    }
    assert rendered["livenessProbe"] == {
        "httpGet": {"path": "/health", "port": "http"},
        "periodSeconds": 20,
        "timeoutSeconds": 5,
        "failureThreshold": 6,
    }


def test_probes_and_services_find_their_ports_by_name() -> None:
    assert {port["name"]: port["containerPort"] for port in container()["ports"]} == {"http": 8080, "metrics": 9090}


def test_the_settings_are_mounted_where_the_server_looks_and_only_tmp_can_be_written() -> None:
    mounts = {mount["name"]: mount for mount in container()["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod_template()["spec"]["volumes"]}
    assert mounts["config"] == {"name": "config", "mountPath": "/etc/bert-server", "readOnly": True}
    assert volumes["config"]["configMap"] == {"name": "fill-mask-v1-2-0-3f2a9c1"}
    assert [name for name, mount in mounts.items() if not mount.get("readOnly")] == ["tmp"]
    assert mounts["tmp"]["mountPath"] == f"/{mounts['tmp']['name']}"
    assert volumes["tmp"]["emptyDir"] == {"sizeLimit": "512Mi"}


def test_a_bundle_on_a_volume_is_mounted_read_only_at_its_path() -> None:
    model = EVERYTHING["model"]
    claims = [volume.get("persistentVolumeClaim") for volume in pod_template(model=model)["spec"]["volumes"]]
    mounts = {mount["name"]: mount for mount in container(model=model)["volumeMounts"]}
    assert {"claimName": "bert-bundles", "readOnly": True} in claims
    assert mounts["bundle"] == {"name": "bundle", "mountPath": "/bundles/fill-mask", "readOnly": True}
    assert environment(model=model)["BERT_SERVER_BUNDLE"] == "/bundles/fill-mask"


def test_api_keys_are_mounted_read_only_and_the_server_is_told_where() -> None:
    config = {"apiKeys": {"name": "clients", "key": "today.txt"}}
    volumes = {volume["name"]: volume for volume in pod_template(config=config)["spec"]["volumes"]}
    mounts = {mount["name"]: mount for mount in container(config=config)["volumeMounts"]}
    assert volumes["api-keys"]["secret"] == {"secretName": "clients"}
    assert mounts["api-keys"] == {"name": "api-keys", "mountPath": "/etc/bert-server-keys", "readOnly": True}
    settings = server_settings(record(config=config).config)
    assert settings == {"api_keys_file": "/etc/bert-server-keys/today.txt"}


def test_a_bundle_in_the_image_needs_no_volume() -> None:
    assert {volume["name"] for volume in pod_template()["spec"]["volumes"]} == {"config", "tmp"}


def test_metrics_can_be_scraped_from_outside_the_mesh() -> None:
    assert pod_template()["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9090",
        "prometheus.io/path": "/metrics",
        "traffic.sidecar.istio.io/excludeInboundPorts": "9090",
    }


def test_ordinary_pod_settings_are_passed_through() -> None:
    template = EVERYTHING["podTemplate"]
    spec = pod_template(**EVERYTHING)["spec"]
    for name in ("nodeSelector", "tolerations", "affinity", "priorityClassName", "runtimeClassName"):
        assert spec[name] == template[name]
    assert spec["serviceAccountName"] == "bert"
    assert spec["terminationGracePeriodSeconds"] == 60
    assert spec["imagePullSecrets"] == [{"name": "registry-credentials"}, {"name": "spare-credentials"}]
    metadata = pod_template(**EVERYTHING)["metadata"]
    assert metadata["labels"] == {**VERSION_LABELS, "example.org/team": "nlp"}
    assert metadata["annotations"]["example.org/contact"] == "值班"


def test_a_person_may_change_annotations_but_not_the_labels_that_select_the_pods() -> None:
    meddled = {"labels": {"bertrelease.io/version": "v9.9.9"}, "annotations": {"prometheus.io/scrape": "false"}}
    metadata = pod_template(podTemplate=meddled)["metadata"]
    assert metadata["labels"] == VERSION_LABELS
    assert metadata["annotations"]["prometheus.io/scrape"] == "false"


def test_pods_spread_over_zones_and_nodes_where_there_is_a_choice() -> None:
    places = pod_template()["spec"]["topologySpreadConstraints"]
    assert [place.pop("topologyKey") for place in places] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert (
        places
        == [{"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": SELECTOR}}] * 2
    )


def test_a_spread_of_ones_own_is_over_the_pods_of_the_version_alone() -> None:
    racks = {"topologyKey": "example.org/rack", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}
    spec = pod_template(podTemplate={"topologySpreadConstraints": [racks]})["spec"]
    assert spec["topologySpreadConstraints"] == [{**racks, "labelSelector": {"matchLabels": SELECTOR}}]


def test_an_empty_spread_is_none_at_all() -> None:
    assert "topologySpreadConstraints" not in pod_template(podTemplate={"topologySpreadConstraints": []})["spec"]


def test_a_pod_with_a_gpu_asks_for_it_and_tolerates_its_nodes() -> None:
    taint = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    template = {"tolerations": [taint], "nodeSelector": {"accelerator": "nvidia-l4"}, "runtimeClassName": "nvidia"}
    gpu = {"limits": {"memory": "8Gi", "nvidia.com/gpu": 1}}
    spec = pod_template(podTemplate=template, resources=gpu)["spec"]
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert (spec["tolerations"], spec["nodeSelector"]) == ([taint], {"accelerator": "nvidia-l4"})
    assert spec["runtimeClassName"] == "nvidia"


def test_other_services_of_the_namespace_cannot_pass_for_settings() -> None:
    assert pod_template()["spec"]["enableServiceLinks"] is False


def test_no_resources_are_stated_where_a_record_has_none() -> None:
    assert "resources" not in container(resources={"requests": {}, "limits": {}})
    assert container(resources={"requests": {}, "limits": {"cpu": 1}})["resources"] == {"limits": {"cpu": "1"}}
