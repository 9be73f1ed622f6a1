"""How the API server is found and how we introduce ourselves."""

from pathlib import Path

import pytest
import yaml

from bertrelease_operator.adapters.connection import connect
from bertrelease_operator.adapters.errors import ClusterError


def kubeconfig(directory: Path, user: dict[str, str]) -> Path:
    file = directory / "kubeconfig"
    content = {
        "current-context": "dev",
        "contexts": [{"name": "dev", "context": {"cluster": "dev", "user": "me"}}],
        "clusters": [{"name": "dev", "cluster": {"server": "http://127.0.0.1:8080/"}}],
        "users": [{"name": "me", "user": user}],
    }
    file.write_text(yaml.safe_dump(content))
    return file


async def test_a_kubeconfig_tells_the_server_and_the_token(tmp_path: Path) -> None:
    connection = await connect(kubeconfig(tmp_path, {"token": "secret"}))
    assert connection.server == "http://127.0.0.1:8080"
    assert await connection.authorization() == "Bearer secret"


async def test_without_credentials_there_is_no_header(tmp_path: Path) -> None:
    connection = await connect(kubeconfig(tmp_path, {}))
    assert await connection.authorization() is None


async def test_a_context_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="prod"):
        await connect(kubeconfig(tmp_path, {}), context="prod")


async def test_outside_a_cluster_and_without_kubeconfig_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ClusterError, match="set KUBECONFIG"):
        await connect()
