"""The Helm chart: what it renders for which values, judged by helm and by the API server."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from devcluster import Cluster, CommandError

ROOT = Path(__file__).parents[2]
CHART = str(ROOT / "charts" / "bertrelease")
Objects = dict[tuple[str, str, str], dict[str, Any]]


def _rendered(cluster: Cluster, *settings: str, namespace: str = "bert-system") -> Objects:
    """Objects by kind, namespace and name."""
    values = [f"--set-json={setting}" for setting in settings]
    text = cluster.helm("template", "bertrelease", CHART, f"--namespace={namespace}", *values)
    objects = [manifest for manifest in yaml.safe_load_all(text) if manifest]
    return {(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]): obj for obj in objects}


def _operator(objects: Objects) -> dict[str, Any]:
    (deployment,) = (obj for (kind, _, _), obj in objects.items() if kind == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return container  # type: ignore[no-any-return]


def test_helm_finds_nothing_to_complain_of(api_server: Cluster) -> None:
    assert "1 chart(s) linted, 0 chart(s) failed" in api_server.helm("lint", "--strict", CHART)


def test_the_chart_brings_the_very_crds_of_this_version(api_server: Cluster) -> None:
    objects = _rendered(api_server)
    crds = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "crds").glob("*.yaml"))]
    assert [obj for (kind, _, _), obj in objects.items() if kind == "CustomResourceDefinition"] == crds


def test_uninstalling_the_chart_keeps_the_crds_and_so_the_releases(api_server: Cluster) -> None:
    crds = [obj for (kind, _, _), obj in _rendered(api_server).items() if kind == "CustomResourceDefinition"]
    assert {crd["metadata"]["annotations"]["helm.sh/resource-policy"] for crd in crds} == {"keep"}


def test_crds_can_be_left_to_someone_else(api_server: Cluster) -> None:
    assert "CustomResourceDefinition" not in {kind for kind, _, _ in _rendered(api_server, "crds.install=false")}


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ('watchNamespaces=["default", "kube-public"]',),
        ("replicas=2", 'podLabels={"a": "b"}', 'podAnnotations={"a": "b"}', 'priorityClassName="high"'),
        ('tolerations=[{"operator": "Exists"}]', 'nodeSelector={"a": "b"}', 'affinity={"nodeAffinity": {}}'),
        ('imagePullSecrets=[{"name": "credentials"}]', 'serviceAccount={"annotations": {"a": "b"}}'),
        ("mesh.enabled=true",),
        ("dashboards.enabled=true", 'dashboards.annotations={"grafana_folder": "BertRelease"}'),
        ("rbac.create=false", "rbac.aggregateToDefaultRoles=false", "serviceAccount.create=false"),
        ("approvals.policy=false",),
    ],
    ids=" ".join,
)
def test_the_api_server_accepts_all_that_the_chart_renders(
    api_server: Cluster, namespace: str, settings: tuple[str, ...]
) -> None:
    objects = _rendered(api_server, "crds.install=false", *settings, namespace=namespace)
    manifest = yaml.safe_dump_all(objects.values())
    said = api_server.kubectl("apply", "--server-side", "--dry-run=server", "--filename=-", stdin=manifest)
    assert len(said.splitlines()) == len(objects)


def test_the_operator_s_pod_passes_restricted_pod_security(api_server: Cluster, namespace: str) -> None:
    api_server.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    objects = _rendered(api_server, namespace=namespace)
    (account,) = (obj for (kind, _, _), obj in objects.items() if kind == "ServiceAccount")
    (deployment,) = (obj for (kind, _, _), obj in objects.items() if kind == "Deployment")
    template = deployment["spec"]["template"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "operator", "namespace": namespace},
        "spec": template["spec"],
    }
    api_server.kubectl("apply", "--filename=-", stdin=json.dumps(account))
    said = api_server.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod))
    assert said == "pod/operator created (server dry run)\n"


def test_the_image_is_the_chart_s_version_unless_said_otherwise(api_server: Cluster) -> None:
    version = yaml.safe_load((ROOT / "charts/bertrelease/Chart.yaml").read_text(encoding="utf-8"))["appVersion"]
    digest = "sha256:" + "0" * 64
    assert _operator(_rendered(api_server))["image"] == f"bertrelease-operator:{version}"
    assert _operator(_rendered(api_server, 'image.tag="v9.9.9"'))["image"] == "bertrelease-operator:v9.9.9"
    assert _operator(_rendered(api_server, f'image.digest="{digest}"'))["image"] == f"bertrelease-operator@{digest}"


def test_watching_some_namespaces_needs_no_cluster_role(api_server: Cluster) -> None:
    objects = _rendered(
        api_server,
        'watchNamespaces=["team-a", "team-b"]',
        "rbac.aggregateToDefaultRoles=false",
        "crds.install=false",
        "approvals.policy=false",
    )
    assert not {kind for kind, _, _ in objects if kind.startswith("Cluster")}
    assert {namespace for kind, namespace, _ in objects if kind == "Role"} == {"bert-system", "team-a", "team-b"}
    assert [word for word in _operator(objects)["args"] if "namespace" in word] == [
        "--namespace=team-a",
        "--namespace=team-b",
    ]


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("replica=2", "additional properties 'replica' not allowed"),
        ('image.tag="latest"', "at '/image/tag': 'not' failed"),
        ('logLevel="chatty"', "at '/logLevel': value must be one of 'debug', 'info', 'warning', 'error'"),
        ('watchNamespaces=["Team A"]', "at '/watchNamespaces/0': 'Team A' does not match pattern"),
        ('image.digest="sha256:1"', "at '/image/digest': 'sha256:1' does not match pattern"),
        ('podMonitor.interval="soon"', "at '/podMonitor/interval': 'soon' does not match pattern"),
        (
            'prometheusRule={"enabled": true, "disabledAlerts": ["BertReleaseTypo"]}',
            "prometheusRule.disabledAlerts: there is no alert BertReleaseTypo",
        ),
    ],
)
def test_a_wrong_value_is_refused(api_server: Cluster, setting: str, complaint: str) -> None:
    with pytest.raises(CommandError) as refused:
        _rendered(api_server, setting)
    assert complaint in refused.value.output
