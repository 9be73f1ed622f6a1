"""Knowing when a component is ready.

A readiness check takes the component's pid and returns None for ready, else what is still awaited.
"""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Readiness = Callable[[int], str | None]
LISTEN_STATE = "0A"
REQUEST_TIMEOUT_SECONDS = 2.0

# Never through a proxy that the environment names: the cluster is next door.
_DIRECT = urllib.request.ProxyHandler({})


def listens(port: int) -> Readiness:
    """Ready when something listens on the TCP port in the network namespace of the process."""

    def check(pid: int) -> str | None:
        for table in ("tcp", "tcp6"):
            try:
                rows = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
            except (FileNotFoundError, OSError):
                return "its start"
            if any(is_listening_row(row, port) for row in rows):
                return None
        return f"a listener on port {port}"

    return check


def accepts(path: Path) -> Readiness:
    """Ready when the Unix socket takes a connection; that it exists says nothing after a restart."""

    def check(pid: int) -> str | None:
        del pid
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(path))
            except OSError as error:
                return f"the socket {path} ({error.strerror})"
        return None

    return check


def is_listening_row(row: str, port: int) -> bool:
    """Does a row of /proc/net/tcp (proc(5)) show a listener on the port?"""
    fields = row.split()
    return fields[3] == LISTEN_STATE and int(fields[1].rpartition(":")[2], 16) == port


def answers(url: str, *, ca: Path | None = None) -> Readiness:
    """Ready when a GET is answered with 200; `ca` signs the server of an https address."""

    def check(pid: int) -> str | None:
        del pid
        context = ssl.create_default_context(cafile=str(ca)) if ca else None
        return _get(url, context, lambda _: None)

    return check


def api_shows(
    url: str, *, ca: Path, credentials: tuple[Path, Path], accept: Callable[[Mapping[str, Any]], str | None]
) -> Readiness:
    """Ready when the API server shows an object and `accept` has nothing to say against it.

    `credentials` are the files of a client certificate and its key.
    """

    def check(pid: int) -> str | None:
        del pid
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(*credentials)
        return _get(url, context, lambda body: accept(json.loads(body)))

    return check


def _get(url: str, context: ssl.SSLContext | None, accept: Callable[[bytes], str | None]) -> str | None:
    opener = urllib.request.build_opener(_DIRECT, urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=REQUEST_TIMEOUT_SECONDS) as response:
            return accept(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return f"{url} (answers {error.code})"
    except OSError as error:
        return f"{url} ({getattr(error, 'reason', error)})"
