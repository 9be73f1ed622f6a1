"""A kubeconfig that somebody put into a Secret: only what is written in it counts.

Whoever may write the Secret need not be trusted with this process: what names files, programs or proxies is refused,
and so is a server whose certificate is not to be checked.
"""

import base64
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.core.plain_yaml import PlainYamlError, parse_plain

_LARGEST_BYTES: Final = 64 * 1024
_CLUSTER_KEYS: Final = frozenset({"server", "certificate-authority-data"})
_USER_KEYS: Final = frozenset({"token", "username", "password", "client-certificate-data", "client-key-data"})


@dataclass(frozen=True, slots=True)
class InlineConnection:
    """Fits `Endpoint`. Its secrets do not show when it is printed."""

    server: str
    authority: str | None = field(repr=False)  # PEM
    certificate: bytes = field(repr=False)  # PEM, the key included; empty without one
    header: str | None = field(repr=False)

    async def authorization(self) -> str | None:
        return self.header

    def ssl_context(self) -> ssl.SSLContext:
        """Raises ClusterError for certificates that are none."""
        try:
            context = ssl.create_default_context(cadata=self.authority)
            if self.certificate:
                # The ssl module takes keys from files only.
                with tempfile.NamedTemporaryFile() as file:
                    file.write(self.certificate)
                    file.flush()
                    context.load_cert_chain(file.name)
        except ssl.SSLError as error:
            raise ClusterError("the kubeconfig's certificates cannot be read: write them as base64 of PEM") from error
        return context


def parse_kubeconfig(written: bytes) -> InlineConnection:
    """Raises ClusterError that says what to change, and quotes nothing. May take a moment: not for the event loop."""
    document = _document(written)
    context = _named(document, "contexts", document.get("current-context")).get("context")
    if not isinstance(context, dict):
        raise ClusterError("the kubeconfig's current-context names no context: write both")
    cluster = _entry(document, "clusters", "cluster", context.get("cluster"), _CLUSTER_KEYS)
    user = _entry(document, "users", "user", context.get("user"), _USER_KEYS)
    server = cluster.get("server", "")
    if not server.startswith("https://"):
        raise ClusterError("the kubeconfig's server must begin with https://")
    authority = cluster.get("certificate-authority-data")
    return InlineConnection(
        server=server.rstrip("/"),
        authority=_decoded(authority).decode(errors="replace") if authority is not None else None,
        certificate=_certificate(user),
        header=_header(user),
    )


def _document(written: bytes) -> dict[str, Any]:
    if len(written) > _LARGEST_BYTES:
        raise ClusterError(
            f"the kubeconfig is larger than {_LARGEST_BYTES} bytes: write only the context that is to be used"
        )
    try:
        document = parse_plain(written)
    except PlainYamlError as error:
        raise ClusterError(f"the Secret's key holds no kubeconfig: it {error}") from error
    if not isinstance(document, dict):
        raise ClusterError("the Secret's key holds no kubeconfig: write clusters, users, contexts and current-context")
    return document


def _named(document: Mapping[str, Any], section: str, name: object) -> dict[str, Any]:
    entries = document.get(section)
    found = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return next((one for one in found if one.get("name") == name), {}) if isinstance(name, str) else {}


def _entry(
    document: Mapping[str, Any], section: str, kind: str, name: object, allowed: frozenset[str]
) -> dict[str, str]:
    """The named entry's own part, with nothing in it that is not in `allowed`."""
    entry = _named(document, section, name).get(kind)
    if not isinstance(entry, dict):
        raise ClusterError(f"the kubeconfig's context names no {kind} that is in {section}")
    surplus = sorted(map(str, entry.keys() - allowed))
    if surplus:
        raise ClusterError(f"the kubeconfig's {kind} has {surplus[0]}; allowed are only {', '.join(sorted(allowed))}")
    wrong = next((key for key, value in entry.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise ClusterError(f"the kubeconfig's {kind} has a {wrong} that is no text: write one, in quotes")
    return entry


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ClusterError("the kubeconfig's certificates and keys must be base64") from error


def _certificate(user: Mapping[str, str]) -> bytes:
    certificate, key = user.get("client-certificate-data"), user.get("client-key-data")
    if (certificate is None) != (key is None):
        raise ClusterError("the kubeconfig's user needs client-certificate-data and client-key-data together")
    return b"\n".join(map(_decoded, (certificate, key))) if certificate is not None and key is not None else b""


def _header(user: Mapping[str, str]) -> str | None:
    if "token" in user:
        return f"Bearer {user['token']}"
    if "username" in user:
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        return "Basic " + base64.b64encode(pair).decode()
    return None
