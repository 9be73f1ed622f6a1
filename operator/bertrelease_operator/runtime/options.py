"""Command line and environment of `bertrelease-operator`."""

import argparse
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bertrelease_operator.api.network import Caller

_PREFIX: Final = "BERTRELEASE_"
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Options:
    """How this process runs."""

    namespaces: tuple[str, ...]  # empty: all
    kubeconfig: Path | None
    context: str | None
    lease_namespace: str
    lease_name: str
    identity: str
    address: str
    port: int
    workers: int
    log_level: str
    mesh_identity: Caller | None = None


def parse_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """Flags win over `BERTRELEASE_*` variables. Exits with status 2 and a sentence if something is wrong."""

    def default(name: str, otherwise: str) -> str:
        return environment.get(_PREFIX + name, otherwise)

    parser = argparse.ArgumentParser(
        prog="bertrelease-operator",
        description="Releases BERT services on Kubernetes, and takes bad versions back.",
        epilog="Every option is also an environment variable: --lease-name is BERTRELEASE_LEASE_NAME.",
    )
    parser.add_argument("--namespace", action="append", help="namespace to serve; repeatable; default: all")
    parser.add_argument("--kubeconfig", type=Path, help="default: KUBECONFIG, else the pod's service account")
    parser.add_argument("--context", help="context of the kubeconfig; default: the current one")
    parser.add_argument("--lease-namespace", help="default: POD_NAMESPACE, else default")
    parser.add_argument("--lease-name", default=default("LEASE_NAME", "bertrelease-operator"))
    parser.add_argument("--identity", help="holder of the lease; default: POD_NAME, else host name and process id")
    parser.add_argument("--address", default=default("ADDRESS", "0.0.0.0"), help="default: %(default)s")  # noqa: S104
    parser.add_argument("--port", type=_port, default=default("PORT", "8081"), help="for /healthz, /readyz, /metrics")
    parser.add_argument("--workers", type=_count, default=default("WORKERS", "4"), help="releases at the same time")
    parser.add_argument("--log-level", choices=_LOG_LEVELS, default=default("LOG_LEVEL", "info"))
    parser.add_argument(
        "--mesh-identity",
        type=_service_account,
        default=default("MESH_IDENTITY", "") or None,
        help="NAMESPACE/NAME of the pod's service account, if it has a sidecar: releases' callers then include it",
    )
    given = parser.parse_args(arguments)
    kubeconfig = given.kubeconfig or default("KUBECONFIG", "")
    namespaces = given.namespace or default("NAMESPACE", "").split(",")
    return Options(
        namespaces=tuple(sorted({namespace.strip() for namespace in namespaces} - {""})),
        kubeconfig=Path(kubeconfig) if kubeconfig else None,
        context=given.context or default("CONTEXT", "") or None,
        lease_namespace=given.lease_namespace
        or default("LEASE_NAMESPACE", environment.get("POD_NAMESPACE", "default")),
        lease_name=given.lease_name,
        identity=given.identity or default("IDENTITY", environment.get("POD_NAME", _own_name())),
        address=given.address,
        port=given.port,
        workers=given.workers,
        log_level=given.log_level,
        mesh_identity=given.mesh_identity,
    )


def _own_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


def _service_account(text: str) -> Caller:
    namespace, _, name = text.partition("/")
    try:
        return Caller(namespace=namespace, service_account=name)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAMESPACE/NAME of a service account") from error


def _port(text: str) -> int:
    return _between(text, 0, 65_535)  # 0: any free one


def _count(text: str) -> int:
    return _between(text, 1, 64)


def _between(text: str, low: int, high: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
    return number
