"""Who is answering: on every response, log line and metric."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """`fingerprint` is empty until the bundle has been read."""

    version: str
    release: str
    fingerprint: str = ""

    def headers(self) -> list[tuple[bytes, bytes]]:
        pairs = [(b"x-bert-version", self.version), (b"x-bert-fingerprint", self.fingerprint)]
        return [(name, value.encode("latin-1", "replace")) for name, value in pairs if value]
