"""Finding the cluster: what a person is told when the kubeconfig is not what it should be."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bertrelease_operator.cli.errors import CliError, UsageError
from bertrelease_operator.cli.kube.connect import connect


def kubeconfig(path: Path, name: str, **changes: Any) -> Path:
    """A file with one context `name`, of namespace `shop`, and a cluster that is never asked."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.invalid:6443"}}],
        "users": [{"name": name, "user": {"token": "secret"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "shop"}}],
        "current-context": name,
        **changes,
    }
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_the_namespace_is_the_contexts(tmp_path: Path) -> None:
    assert connect(str(kubeconfig(tmp_path / "one", "one")), None).namespace == "shop"


def test_a_context_without_a_namespace_means_default(tmp_path: Path) -> None:
    contexts = [{"name": "one", "context": {"cluster": "one", "user": "one"}}]
    assert connect(str(kubeconfig(tmp_path / "one", "one", contexts=contexts)), None).namespace == "default"


def test_kubeconfig_names_several_files_of_which_some_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = [{"name": "two", "context": {"cluster": "two", "user": "two", "namespace": "other"}}]
    files = [tmp_path / "none", kubeconfig(tmp_path / "one", "one")]
    files.append(kubeconfig(tmp_path / "two", "two", contexts=elsewhere))
    monkeypatch.setenv("KUBECONFIG", ":".join(map(str, files)))
    assert connect(None, None).namespace == "shop"
    assert connect(None, "two").namespace == "other"


def test_an_unknown_context_brings_up_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"context 'two' is not in kubeconfig .*; known contexts: one"):
        connect(str(kubeconfig(tmp_path / "one", "one")), "two")


def test_a_file_that_is_not_there_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="there is no kubeconfig file at /nowhere/config"):
        connect("/nowhere/config", None)


def test_without_any_configuration_the_message_says_what_to_set() -> None:
    with pytest.raises(CliError, match=r"no cluster is configured: .* Set KUBECONFIG"):
        connect(None, None)
    with pytest.raises(UsageError, match="context 'one' is not known"):
        connect(None, "one")


def test_without_a_current_context_one_must_be_named(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "one", "one", **{"current-context": ""})
    with pytest.raises(CliError, match=r"no context is current in .*: choose one with --context; known: one"):
        connect(str(path), None)
    assert connect(str(path), "one").namespace == "shop"


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "just words",
        "contexts: 5",
        "contexts: [{}]",
        "current-context: a\ncontexts: [{name: a, context: {}}]",
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken"
    path.write_text(content)
    with pytest.raises(CliError) as caught:
        connect(str(path), None)
    assert str(caught.value).startswith(f"cannot use kubeconfig {path}: ")
    assert "\n" not in str(caught.value)
