"""Finds the cluster as kubectl does: flag, KUBECONFIG, ~/.kube/config, then the pod's own service account."""

import logging
import os
from pathlib import Path
from typing import Any, Final

import yaml

from bertrelease_operator.cli.errors import CliError, UsageError
from bertrelease_operator.cli.kube.cluster import KubeCluster

_DEFAULT_KUBECONFIG: Final = "~/.kube/config"
_POD_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_DEFAULT_NAMESPACE: Final = "default"


def connect(kubeconfig: str | None, context: str | None) -> KubeCluster:
    """No request is made yet. Raises CliError when no cluster is configured, or it is configured wrongly."""
    # The client logs what it cannot do (run a credential plugin, for one); the errors say it, once.
    logging.getLogger("kubernetes").addHandler(logging.NullHandler())
    logging.getLogger("urllib3").addHandler(logging.NullHandler())
    location = kubeconfig or os.environ.get("KUBECONFIG") or _DEFAULT_KUBECONFIG
    if kubeconfig is not None and not Path(kubeconfig).expanduser().is_file():
        raise UsageError(f"there is no kubeconfig file at {kubeconfig}")
    if any(Path(path).expanduser().is_file() for path in location.split(os.pathsep) if path):
        return _from_kubeconfig(location, context)
    if context is not None:
        raise UsageError(f"context {context!r} is not known: there is no kubeconfig file at {location}")
    return _from_pod(location)


def _from_kubeconfig(location: str, wanted: str | None) -> KubeCluster:
    from kubernetes import config
    from kubernetes.client import Configuration

    try:
        contexts, current = _contexts(location)
        name = _chosen(contexts, wanted or current, location)
        settings = _settings(Configuration)
        config.load_kube_config(location, name, client_configuration=settings, persist_config=False)
        namespace = contexts[name].get("namespace") or _DEFAULT_NAMESPACE
    except (config.ConfigException, yaml.YAMLError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise CliError(f"cannot use kubeconfig {location}: {reason}. Look at `kubectl config view`.") from error
    return KubeCluster(settings, namespace)


def _contexts(location: str) -> tuple[dict[str, dict[str, Any]], str | None]:
    """All contexts by name, and the current one's name. As with kubectl, the file that says it first decides."""
    contexts: dict[str, dict[str, Any]] = {}
    current = None
    for path in location.split(os.pathsep):
        file = Path(path).expanduser()
        if not path or not file.is_file():
            continue
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        current = current or document.get("current-context")
        for entry in document.get("contexts") or []:
            contexts.setdefault(entry["name"], entry["context"])
    return contexts, current


def _chosen(contexts: dict[str, dict[str, Any]], name: str | None, location: str) -> str:
    known = ", ".join(sorted(contexts)) or "none"
    if not name:
        raise CliError(f"no context is current in kubeconfig {location}: choose one with --context; known: {known}")
    if name not in contexts:
        raise UsageError(f"context {name!r} is not in kubeconfig {location}; known contexts: {known}")
    return name


def _from_pod(location: str) -> KubeCluster:
    from kubernetes import config
    from kubernetes.client import Configuration

    settings = _settings(Configuration)
    try:
        config.load_incluster_config(client_configuration=settings)
    except config.ConfigException as error:
        raise CliError(
            f"no cluster is configured: there is no kubeconfig file at {location}, and this is not a pod. "
            f"Set KUBECONFIG, or name a file with --kubeconfig."
        ) from error
    namespace = _POD_NAMESPACE.read_text().strip() if _POD_NAMESPACE.is_file() else _DEFAULT_NAMESPACE
    return KubeCluster(settings, namespace)


def _settings(factory: Any) -> Any:
    settings = factory()
    settings.retries = False  # a person waits: say at once what is wrong
    return settings
