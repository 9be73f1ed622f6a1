"""Offers to go on in another protocol, such as HTTP/2, which this server does not take up."""

from typing import Final, Protocol

import httptools

_UPGRADE: Final = b"upgrade"


class Offered(Protocol):
    """The head of a request as the parser's callbacks have collected it."""

    url: bytes
    headers: list[tuple[bytes, bytes]]


class OfferBlindParser:
    """httptools' parser, for which such an offer is a header like others, as RFC 9110, section 7.8, allows.

    By itself it takes what comes behind the head of such a request, its body first of all, for the other protocol's.
    Here it is fed again without the header. `protocol` skips the callbacks while `is_offer` holds.
    """

    def __init__(self, protocol: Offered) -> None:
        self.is_offer = False
        self._protocol = protocol
        self._renew()

    def feed_data(self, data: bytes) -> None:
        """Raises what httptools raises; HttpParserUpgrade only for the method CONNECT."""
        rest: bytes | None = data
        while rest is not None:
            rest = self._fed(rest)

    def _fed(self, data: bytes) -> bytes | None:
        """What must be fed again."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as end_of_head:
            if not self.is_offer:
                raise
            head = self._head_without_offer()
            self._renew()
            self.is_offer = False
            return head + data[end_of_head.args[0] :]
        return None

    def notice_offer(self) -> bool:
        """To be asked when the headers of a request are complete: whether it must be skipped."""
        self.is_offer = self._parser.should_upgrade() and self.get_method() != b"CONNECT"
        return self.is_offer

    def _renew(self) -> None:
        self._parser = httptools.HttpRequestParser(self._protocol)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.get_method = self._parser.get_method
        self.get_http_version = self._parser.get_http_version
        self.should_keep_alive = self._parser.should_keep_alive
        self.should_upgrade = self._parser.should_upgrade

    def _head_without_offer(self) -> bytes:
        request_line = b"%s %s HTTP/%s" % (self.get_method(), self._protocol.url, self.get_http_version().encode())
        kept = [b"%s: %s" % header for header in self._protocol.headers if header[0] != _UPGRADE]
        return b"\r\n".join([request_line, *kept, b"", b""])
