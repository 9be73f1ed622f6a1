"""Who may approve, as the chart's policy has it and the API server enforces it; and the plugin's part in it."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bertrelease_operator.api import names
from bertrelease_operator.cli.environment import Environment
from bertrelease_operator.cli.kube.connect import connect
from bertrelease_operator.cli.main import run
from devcluster import Cluster, CommandError
from tests.integration.kubeconfigs import with_token
from tests.unit.operator.api.cases import MINIMAL
from tests.unit.operator.cli.builders import ANALYZING, ago, rollout

CHART = Path(__file__).parents[2] / "charts" / "bertrelease"
PATIENCE_SECONDS = 60
GATE = {"name": "yes", "kind": "approval", "approval": {}}


@pytest.fixture(scope="module", autouse=True)
def _installed(api_server: Cluster) -> Iterator[None]:
    arguments = ("--namespace=bert-system", "--create-namespace", "--set=crds.install=false")
    api_server.helm("install", "bertrelease", str(CHART), *arguments)
    _wait_until_enforced(api_server)
    yield
    api_server.helm("uninstall", "bertrelease", "--namespace=bert-system")


def _wait_until_enforced(cluster: Cluster) -> None:
    """The API server takes a new policy up within a second or so."""
    manifest = _manifest("default", {names.ANNOTATION_APPROVE: "v1.0.0 nobody"})
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            cluster.kubectl("create", "--dry-run=server", "--filename=-", stdin=manifest)
        except CommandError:
            return
        time.sleep(0.2)
    raise AssertionError("the policy is not enforced")


def _manifest(namespace: str, annotations: dict[str, str] | None = None) -> str:
    metadata = {"name": "fill-mask", "namespace": namespace, "annotations": annotations or {}}
    spec = {**MINIMAL, "gates": [GATE]}
    return json.dumps(
        {"apiVersion": names.GROUP_VERSION, "kind": names.RELEASE_KIND, "metadata": metadata, "spec": spec}
    )


class Person:
    """Somebody with built-in roles in the namespace."""

    def __init__(self, cluster: Cluster, namespace: str, user: str, role: str) -> None:
        self._cluster, self._namespace, self.user = cluster, namespace, user
        binding = ("create", "rolebinding", role)
        cluster.kubectl(f"--namespace={namespace}", *binding, f"--clusterrole={role}", f"--user={user}")

    def annotate(self, approval: str) -> str:
        key = names.ANNOTATION_APPROVE
        return self.kubectl("annotate", "--overwrite", "brel/fill-mask", f"{key}={approval}" if approval else f"{key}-")

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self._cluster.kubectl(f"--as={self.user}", f"--namespace={self._namespace}", *arguments, stdin=stdin)


@pytest.fixture
def approver(api_server: Cluster, namespace: str) -> Person:
    return Person(api_server, namespace, "Ada L@example.org", "admin")


@pytest.fixture
def editor(api_server: Cluster, namespace: str) -> Person:
    return Person(api_server, namespace, "ed@example.org", "edit")


@pytest.fixture(autouse=True)
def _release(api_server: Cluster, namespace: str) -> None:
    api_server.kubectl("apply", "--filename=-", stdin=_manifest(namespace))


def test_who_may_approve_does_so_in_their_own_name(approver: Person) -> None:
    assert "annotated" in approver.annotate("v1.0.0 Ada%20L@example.org 1 yes 4f2a")


@pytest.mark.parametrize("approval", ["v1.0.0 ed@example.org", "v1.0.0", "yes", "v1.0.0 Ada L@example.org"])
def test_nobody_approves_in_another_one_s_name(approver: Person, approval: str) -> None:
    with pytest.raises(CommandError, match=r"must name you as the one who approves: '<version> Ada%20L@example.org'"):
        approver.annotate(approval)


def test_who_may_only_edit_may_not_approve(editor: Person, namespace: str) -> None:
    with pytest.raises(CommandError, match=r"ed@example\.org may not approve: ask for a role with update on"):
        editor.annotate("v1.0.0 ed@example.org")
    manifest = json.loads(_manifest(namespace, {names.ANNOTATION_APPROVE: "v1.0.0 ed@example.org"}))
    manifest["metadata"]["name"] = "another"
    with pytest.raises(CommandError, match="may not approve"):
        editor.kubectl("create", "--filename=-", stdin=json.dumps(manifest))


def test_another_one_s_approval_may_stand_while_the_rest_is_edited(approver: Person, editor: Person) -> None:
    approver.annotate("v1.0.0 Ada%20L@example.org")
    editor.kubectl("patch", "brel/fill-mask", "--type=merge", '--patch={"spec": {"paused": true}}')
    with pytest.raises(CommandError, match="must name you"):
        editor.annotate("v1.0.0 Ada%20L@example.org 2")
    editor.annotate("")


def test_the_plugin_approves_as_whoever_uses_it(api_server: Cluster, namespace: str, tmp_path: Path) -> None:
    api_server.kubectl(f"--namespace={namespace}", "create", "serviceaccount", "robot")
    approver = Person(api_server, namespace, f"system:serviceaccount:{namespace}:robot", "admin")
    token = api_server.kubectl(f"--namespace={namespace}", "create", "token", "robot").strip()
    kubeconfig = with_token(api_server.kubeconfig, token, tmp_path / "kubeconfig")
    asking = {"name": "yes", "kind": "approval", "point": "step-2", "verdict": "Inconclusive", "startedAt": ago(5)}
    status = {**ANALYZING, "rollout": rollout(attempt=3, gates=[asking])}
    patch = ("patch", "brel/fill-mask", "--subresource=status", "--type=merge")
    api_server.kubectl(f"--namespace={namespace}", *patch, f"--patch={json.dumps({'status': status})}")
    stream = io.StringIO()
    environment = Environment(connect=connect, console=Console(file=stream, width=200))
    where = (f"--namespace={namespace}", f"--kubeconfig={kubeconfig}")
    assert run(["approve", "fill-mask", "v1.1.0", "--no-wait", *where], environment) == 0
    assert stream.getvalue() == "bertrelease.bertrelease.io/fill-mask approval written\n"
    stored = json.loads(approver.kubectl("get", "brel", "fill-mask", "--output=json"))
    text = stored["metadata"]["annotations"][names.ANNOTATION_APPROVE]
    assert text.split()[:4] == ["v1.1.0", approver.user, "3", "yes/step-2"]
