"""What the operator and people may do, as the chart grants it and the API server enforces it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from bertrelease_operator.api import names
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from devcluster import Cluster, CommandError
from tests.integration.keda import scaled_objects
from tests.unit.operator.api.cases import MINIMAL

CHART = str(Path(__file__).parents[2] / "charts" / "bertrelease")
ISTIO = "networking.istio.io"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to act as."""

    cluster: Cluster
    user: str

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self.cluster.kubectl(f"--as={self.user}", *arguments, stdin=stdin)

    def may(self, verb: str, resource: str, namespace: str, name: str = "") -> bool:
        """`resource` as plural.group:subresource."""
        plural, _, subresource = resource.partition(":")
        group_resource = f"{plural}/{name}" if name else plural
        answer = _answer_of(
            self, "auth", "can-i", verb, group_resource, f"--subresource={subresource}", f"--namespace={namespace}"
        )
        return {"yes": True, "no": False}[answer.split()[-1]]


def _answer_of(account: Account, *arguments: str) -> str:
    """What kubectl prints, also if it ends with status 1, as `auth can-i` does for a no."""
    try:
        return account.kubectl(*arguments)
    except CommandError as error:
        return error.output


@pytest.fixture(scope="module")
def system_namespace(api_server: Cluster) -> Iterator[str]:
    """Where the chart is installed, for all namespaces."""
    api_server.helm(
        "install", "bertrelease", CHART, "--namespace=bert-system", "--create-namespace", "--set=crds.install=false"
    )
    yield "bert-system"
    api_server.helm("uninstall", "bertrelease", "--namespace=bert-system")


@pytest.fixture
def operator(api_server: Cluster, system_namespace: str) -> Account:
    return Account(api_server, f"system:serviceaccount:{system_namespace}:bertrelease")


@pytest.fixture
def editor(api_server: Cluster, namespace: str) -> Account:
    return _person(api_server, namespace, "edit")


@pytest.fixture
def viewer(api_server: Cluster, namespace: str) -> Account:
    return _person(api_server, namespace, "view")


def _person(cluster: Cluster, namespace: str, role: str) -> Account:
    """Somebody who has a built-in role in the namespace."""
    user = f"{role}or@{namespace}"
    cluster.kubectl(
        f"--namespace={namespace}", "create", "rolebinding", role, f"--clusterrole={role}", f"--user={user}"
    )
    return Account(cluster, user)


def _object(kind: str, name: str, namespace: str, spec: dict[str, object]) -> str:
    metadata = {"name": name, "namespace": namespace}
    return json.dumps({"apiVersion": names.GROUP_VERSION, "kind": kind, "metadata": metadata, "spec": spec})


def _release(namespace: str) -> str:
    return _object(names.RELEASE_KIND, "fill-mask", namespace, MINIMAL)


WRITTEN = (
    *("deployments.apps", "services", "configmaps", "poddisruptionbudgets.policy"),
    "horizontalpodautoscalers.autoscaling",
)
ROUTES = (f"virtualservices.{ISTIO}", f"destinationrules.{ISTIO}", f"envoyfilters.{ISTIO}")
POLICIES = (
    "peerauthentications.security.istio.io",
    "requestauthentications.security.istio.io",
    "authorizationpolicies.security.istio.io",
    "telemetries.telemetry.istio.io",
)
READ = ("pods", "endpointslices.discovery.k8s.io", "bertreleases.bertrelease.io")
CHANGES = ("create", "update", "patch", "delete", "deletecollection")


@pytest.mark.parametrize("resource", [*WRITTEN, *ROUTES, *POLICIES, "bertrevisions.bertrelease.io"])
def test_the_operator_may_write_what_it_owns_in_any_namespace(operator: Account, resource: str) -> None:
    assert all(operator.may(verb, resource, "default") for verb in ("list", "watch", "create", "patch", "delete"))


def test_the_operator_may_start_and_end_the_jobs_of_gates(operator: Account) -> None:
    assert all(operator.may(verb, "jobs.batch", "default") for verb in ("get", "create", "delete"))
    assert not any(operator.may(verb, "jobs.batch", "default") for verb in ("list", "watch", "update", "patch"))


def test_the_operator_may_write_scaled_objects_where_there_are_any(api_server: Cluster, operator: Account) -> None:
    with scaled_objects(api_server):
        verbs = ("list", "watch", "create", "patch", "delete")
        assert all(operator.may(verb, "scaledobjects.keda.sh", "default") for verb in verbs)


def test_the_operator_may_write_http_routes_where_there_are_any(api_server: Cluster, operator: Account) -> None:
    api_server.install_gateway_api()
    routes = "httproutes.gateway.networking.k8s.io"
    assert all(operator.may(verb, routes, "default") for verb in ("list", "watch", "create", "patch", "delete"))


@pytest.mark.parametrize("resource", READ)
def test_the_operator_may_only_read_what_it_decides_from(operator: Account, resource: str) -> None:
    assert all(operator.may(verb, resource, "default") for verb in ("list", "watch"))
    assert not any(operator.may(verb, resource, "default") for verb in CHANGES)


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("list", "secrets"),
        ("watch", "secrets"),
        ("create", "secrets"),
        ("patch", "secrets"),
        ("create", "pods:exec"),
        ("create", "serviceaccounts:token"),
        ("get", "nodes"),
        ("create", "clusterroles.rbac.authorization.k8s.io"),
        ("escalate", "clusterroles.rbac.authorization.k8s.io"),
        ("impersonate", "users"),
        ("patch", "customresourcedefinitions.apiextensions.k8s.io"),
        ("create", "mutatingwebhookconfigurations.admissionregistration.k8s.io"),
        ("*", "*.*"),
    ],
)
def test_the_operator_may_nothing_that_would_give_it_the_cluster(operator: Account, verb: str, resource: str) -> None:
    assert not operator.may(verb, resource, "default")


def test_the_operator_may_read_a_secret_by_name_unless_the_chart_says_otherwise(
    api_server: Cluster, operator: Account
) -> None:
    assert operator.may("get", "secrets", "default", "chat")
    without = api_server.helm("template", "bertrelease", CHART, "--set=rbac.readSecrets=false")
    assert "secrets" not in {
        resource
        for manifest in yaml.safe_load_all(without)
        if manifest and manifest["kind"] in {"Role", "ClusterRole"}
        for rule in manifest["rules"]
        for resource in rule["resources"]
    }


def test_no_role_has_a_wildcard(api_server: Cluster, system_namespace: str) -> None:
    manifests = api_server.helm("get", "manifest", "bertrelease", f"--namespace={system_namespace}")
    rules = [
        rule
        for manifest in yaml.safe_load_all(manifests)
        if manifest and manifest["kind"] in {"Role", "ClusterRole"}
        for rule in manifest["rules"]
    ]
    assert rules
    assert "*" not in {word for rule in rules for words in rule.values() for word in words}


def test_an_operator_of_one_namespace_may_nothing_elsewhere(api_server: Cluster, namespace: str) -> None:
    api_server.helm(
        "install",
        "bertrelease",
        CHART,
        f"--namespace={namespace}",
        f"--set=crds.install=false,rbac.aggregateToDefaultRoles=false,watchNamespaces={{{namespace}}}",
        "--set=approvals.policy=false",
    )
    operator = Account(api_server, f"system:serviceaccount:{namespace}:bertrelease")
    for verb, resource in (("list", "bertreleases.bertrelease.io"), ("patch", "deployments.apps"), ("list", "pods")):
        assert operator.may(verb, resource, namespace)
        assert not operator.may(verb, resource, "default")


def test_the_operator_leads_by_a_lease_in_its_own_namespace(operator: Account, system_namespace: str) -> None:
    lease = "leases.coordination.k8s.io"
    assert operator.may("create", lease, system_namespace)
    assert operator.may("update", lease, system_namespace, name="bertrelease")
    assert not operator.may("update", lease, system_namespace, name="another")
    assert not operator.may("create", lease, "kube-system")


def test_the_operator_writes_statuses_and_is_refused_specs(
    api_server: Cluster, operator: Account, namespace: str
) -> None:
    api_server.kubectl("apply", "--filename=-", stdin=_release(namespace))
    apply = ("apply", "--server-side", "--filename=-")
    status = json.loads(_release(namespace)) | {"status": {"stable": "v1.0.0"}}
    del status["spec"]
    operator.kubectl(*apply, "--subresource=status", "--validate=false", stdin=json.dumps(status))
    with pytest.raises(CommandError, match='cannot patch resource "bertreleases"'):
        operator.kubectl(*apply, stdin=_release(namespace))


def test_the_operator_records_revisions_and_tells_events(operator: Account, namespace: str) -> None:
    record = BertRevisionSpec.of("fill-mask", BertReleaseSpec.model_validate(MINIMAL))
    spec = record.model_dump(mode="json", exclude_none=True)
    manifest = _object(names.REVISION_KIND, "fill-mask-v1-0-0", namespace, spec)
    apply = ("apply", "--server-side", "--field-manager=bertrelease-operator", "--filename=-")
    assert operator.kubectl(*apply, stdin=manifest) == (
        "bertrevision.bertrelease.io/fill-mask-v1-0-0 serverside-applied\n"
    )
    assert operator.may("create", "events", namespace)


def test_whoever_edits_a_namespace_releases_there(editor: Account, operator: Account, namespace: str) -> None:
    del operator  # its chart adds to the built-in roles
    editor.kubectl("apply", "--filename=-", stdin=_release(namespace))
    annotation = f"{names.ANNOTATION_COMMAND}=promote v1.0.0 1"
    editor.kubectl(f"--namespace={namespace}", "annotate", "brel/fill-mask", annotation)
    editor.kubectl(f"--namespace={namespace}", "delete", "brel/fill-mask")


def test_verdicts_are_not_for_people_to_write(editor: Account, operator: Account, namespace: str) -> None:
    del operator
    for resource in ("bertrevisions.bertrelease.io", "bertreleases.bertrelease.io:status"):
        assert not any(editor.may(verb, resource, namespace) for verb in CHANGES)


def test_whoever_views_a_namespace_sees_releases_and_changes_none(
    viewer: Account, operator: Account, namespace: str
) -> None:
    del operator
    for resource in ("bertreleases.bertrelease.io", "bertrevisions.bertrelease.io"):
        assert all(viewer.may(verb, resource, namespace) for verb in ("get", "list", "watch"))
        assert not any(viewer.may(verb, resource, namespace) for verb in CHANGES)
