"""What each environment of the demo asks for."""

import json
from pathlib import Path
from typing import Any

import pytest

from bertrelease_operator.api.release import BertReleaseSpec
from demo.environments import Environment
from demo.release import ReleaseClient
from demo.stage import Stage
from demo.versions import FIRST
from devcluster import Cluster

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    "clusters": [{"name": "here", "cluster": {"server": "https://localhost:1"}}],
    "users": [{"name": "me", "user": {"token": "none"}}],
}


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(KUBECONFIG))
    return path


def spec_of(kubeconfig: Path, name: str, upstream: str | None, follower: str | None) -> dict[str, Any]:
    stage = Stage(Cluster("nowhere"), f"demo-{name}", ReleaseClient(kubeconfig, f"demo-{name}"))
    spec: dict[str, Any] = Environment(name, stage, upstream, follower).document(FIRST, soak_seconds=1)["spec"]
    BertReleaseSpec.model_validate(spec)
    return spec


def test_versions_come_in_at_the_first_stage_and_the_next_one_may_follow(kubeconfig: Path) -> None:
    dev = spec_of(kubeconfig, "dev", None, "demo-test")
    assert dev["version"] == FIRST.version
    assert dev["promotion"] == {"allowedNamespaces": ["demo-test"]}


def test_every_other_stage_takes_version_model_and_config_from_the_one_before(kubeconfig: Path) -> None:
    prod = spec_of(kubeconfig, "prod", "demo-staging", None)
    assert prod["promotion"] == {"from": {"name": "fill-mask", "namespace": "demo-staging"}, "soakSeconds": 1}
    assert not {"version", "model", "config"} & set(prod)
    assert prod["network"]["hosts"] == ["prod.example.com"]
