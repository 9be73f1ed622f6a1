"""Releases that follow another one, by the operator's process against a real API server."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bertrelease_operator.api.names import child_name
from devcluster import Cluster
from tests.integration.fakes import FINGERPRINT, FakeKubelet, image_id
from tests.integration.operator_process import OperatorProcess, eventually, running_operator
from tests.integration.releases import RELEASE, Releases

EXAMPLES = Path(__file__).parents[2] / "examples" / "pipeline"
PROD = "fill-mask-prod"
READER = "reader"


def follow(releases: Releases, **upstream: Any) -> None:
    """`PROD` takes its versions from `RELEASE`."""
    promotion = {"from": {"name": RELEASE, **upstream}, "soakSeconds": 1}
    releases.apply(PROD, releases.spec() | {"promotion": promotion})


def promotion_of(releases: Releases, name: str = PROD) -> dict[str, Any]:
    found: dict[str, Any] = releases.status(name).get("promotion", {})
    return found


def test_a_version_is_adopted_with_its_proof_pinned_and_followed_again(
    releases: Releases, operator: OperatorProcess
) -> None:
    follow(releases)
    eventually(lambda: promotion_of(releases).get("state") == "NoData", "there is nothing to follow yet")
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0", PROD), "v1.0.0 is healthy in prod", 60)
    record = releases.get("bertrevision", child_name(PROD, "v1.0.0"))["spec"]
    assert record["promotedFrom"] == f"{releases.namespace}/{RELEASE}"
    assert record["proof"]["imageDigest"] == image_id("v1.0.0").partition("@")[2]
    assert record["model"] == {**record["model"], "name": "bert-v1.0.0", "fingerprint": FINGERPRINT}

    releases.release("v1.1.0")
    eventually(lambda: releases.settled_on("v1.1.0", PROD), "v1.1.0 is healthy in prod", 60)
    releases.edit_version("v1.0.0", PROD)
    eventually(lambda: releases.settled_on("v1.0.0", PROD), "prod went back")
    assert promotion_of(releases)["state"] == "Pinned"
    releases.edit_version(None, PROD)
    eventually(lambda: releases.settled_on("v1.1.0", PROD), "prod follows again")
    assert {"Adopted"} <= releases.events()
    condition = next(c for c in releases.status(PROD)["conditions"] if c["type"] == "Promotion")
    assert condition["status"] == "True"


def test_a_version_that_fails_upstream_never_gets_here(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0")
    follow(releases)
    eventually(lambda: releases.settled_on("v1.0.0", PROD), "v1.0.0 is healthy in prod", 60)
    releases.release("v1.1.0", error_share=0.2)
    eventually(lambda: releases.phase() == "RolledBack", "v1.1.0 is rejected upstream", 60)
    assert not releases.get("bertrevision", child_name(PROD, "v1.1.0"))
    assert releases.settled_on("v1.0.0", PROD)


@pytest.mark.parametrize("stage", ["dev", "test", "staging", "prod"])
def test_a_stage_of_the_example_is_accepted(api_server: Cluster, stage: str) -> None:
    manifest = yaml.safe_load((EXAMPLES / f"{stage}.yaml").read_text(encoding="utf-8"))
    del manifest["metadata"]["namespace"]  # there are no such namespaces here
    said = api_server.kubectl("apply", "--dry-run=server", "--filename=-", stdin=json.dumps(manifest))
    assert said == "bertrelease.bertrelease.io/fill-mask created (server dry run)\n"


@pytest.fixture
def elsewhere(other_api_server: Cluster, releases: Releases) -> Iterator[Releases]:
    """A namespace of the same name in another cluster, with the same figures."""
    namespace = releases.namespace
    other_api_server.kubectl("create", "namespace", namespace)
    with FakeKubelet(other_api_server, namespace).running():
        yield Releases(other_api_server, namespace, releases.prometheus)


def test_another_cluster_is_followed_by_a_kubeconfig_also_after_the_operator_died(
    api_server: Cluster, other_api_server: Cluster, releases: Releases, elsewhere: Releases, tmp_path: Path
) -> None:
    let_in(elsewhere)
    put_secret(releases, kubeconfig(other_api_server, elsewhere))
    (tmp_path / "there").mkdir()
    with running_operator(other_api_server, elsewhere.namespace, tmp_path / "there"):
        with running_operator(api_server, releases.namespace, tmp_path, "operator-1"):
            elsewhere.release("v1.0.0")
            follow(releases, namespace=elsewhere.namespace, kubeconfigSecretRef={"name": READER})
            eventually(lambda: releases.settled_on("v1.0.0", PROD), "v1.0.0 is healthy in prod", 90)
            elsewhere.release("v1.1.0")
        with running_operator(api_server, releases.namespace, tmp_path, "operator-2"):
            eventually(lambda: releases.settled_on("v1.1.0", PROD), "v1.1.0 is healthy in prod", 110)
    assert promotion_of(releases)["from"].endswith(f"in the cluster of Secret {READER}")
    assert not releases.get("bertrelease", RELEASE), "what is followed is in the other cluster alone"
    assert not elsewhere.get("bertrelease", PROD)


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"token": "nonsense"}, f"the kubeconfig of Secret {READER} may not get bertreleases"),
        ({"exec": {"command": "touch", "args": ["/tmp/owned"]}}, "the kubeconfig's user has exec"),  # noqa: S108
    ],
    ids=["a token that is none", "a program to run"],
)
def test_a_kubeconfig_that_is_no_use_is_a_reason_to_wait(
    api_server: Cluster, releases: Releases, operator: OperatorProcess, user: dict[str, Any], says: str
) -> None:
    put_secret(releases, kubeconfig(api_server, releases, user))
    follow(releases, namespace=releases.namespace, kubeconfigSecretRef={"name": READER})
    eventually(lambda: says in str(promotion_of(releases).get("message", "")), f"it is told that {says}")
    assert promotion_of(releases)["state"] == "NoData"


def let_in(releases: Releases) -> None:
    """An account that may see the upstream release and its versions."""
    releases.kubectl("create", "serviceaccount", READER)
    rules = [
        {"apiGroups": ["bertrelease.io"], "resources": ["bertreleases"], "verbs": ["get"]},
        {"apiGroups": ["bertrelease.io"], "resources": ["bertrevisions"], "verbs": ["list"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": READER}, "rules": rules}
    releases.kubectl("apply", "--filename=-", stdin=json.dumps(role))
    account = f"--serviceaccount={releases.namespace}:{READER}"
    releases.kubectl("create", "rolebinding", READER, f"--role={READER}", account)


def kubeconfig(cluster: Cluster, releases: Releases, user: dict[str, Any] | None = None) -> dict[str, Any]:
    """The API server of `cluster` for `READER`, or for `user`."""
    admin = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    there = admin["clusters"][0]["cluster"]
    if user is None:
        user = {"token": releases.kubectl("create", "token", READER).strip()}
    return {
        "current-context": "there",
        "contexts": [{"name": "there", "context": {"cluster": "there", "user": "reader"}}],
        "clusters": [{"name": "there", "cluster": _inline(there)}],
        "users": [{"name": "reader", "user": user}],
    }


def _inline(cluster: dict[str, str]) -> dict[str, str]:
    if "certificate-authority" not in cluster:
        return cluster
    authority = base64.b64encode(Path(cluster["certificate-authority"]).read_bytes()).decode()
    return {"server": cluster["server"], "certificate-authority-data": authority}


def put_secret(releases: Releases, config: dict[str, Any]) -> None:
    data = {"kubeconfig": base64.b64encode(yaml.safe_dump(config).encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": READER}, "data": data}
    releases.kubectl("apply", "--filename=-", stdin=json.dumps(secret))
