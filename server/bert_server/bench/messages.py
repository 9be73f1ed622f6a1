"""Requests as the bytes that go over the wire, made before the clock starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import msgspec

from bert_server.errors import BertServerError


class BenchError(BertServerError):
    """There is nothing at the address that could be measured."""


@dataclass(frozen=True)
class Target:
    """A server, and headers that each request to it carries."""

    host: str
    port: int
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_url(cls, url: str, headers: Mapping[str, str] | None = None) -> Self:
        """Raises BenchError if it is no address of a plain HTTP server."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        try:
            port = parts.port or 80
        except ValueError as error:
            raise BenchError(f"{url}: {error}; give an address like http://localhost:8080") from error
        if parts.scheme != "http" or not parts.hostname:
            raise BenchError(f"{url} cannot be measured; give an address like http://localhost:8080, without TLS")
        return cls(parts.hostname, port, parts.path.rstrip("/"), dict(headers or {}))

    def get(self, path: str) -> bytes:
        return self._head("GET", path) + b"\r\n"

    def post(self, path: str, body: object) -> bytes:
        """`body` is sent as JSON."""
        content = msgspec.json.encode(body)
        head = self._head("POST", path)
        return head + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(content) + content

    def _head(self, method: str, path: str) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        lines = [f"{method} {self.path}{path} HTTP/1.1", f"host: {host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "".join(f"{line}\r\n" for line in lines).encode("latin-1")
