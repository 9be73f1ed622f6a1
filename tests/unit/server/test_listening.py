"""Where the API listens."""

import socket
from pathlib import Path

import pytest

from bert_server.serve import _listener
from bert_server.settings import Settings


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this system has IPv4 or IPv6 alone")
def test_all_addresses_are_those_of_both_kinds() -> None:
    with _listener(Settings(bundle=(Path("/nowhere"),), host="::", port=0)) as listener:
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, listener.getsockname()[1]), timeout=10).close()
