"""Kubeconfigs that strangers wrote: what is in them counts, and nothing that they point to."""

import base64
import time
from typing import Any

import pytest
import yaml

from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.kubeconfig import parse_kubeconfig


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def kubeconfig(user: dict[str, Any] | None = None, **cluster: Any) -> bytes:
    return (
        yaml.safe_dump(
            {
                "current-context": "staging",
                "contexts": [{"name": "staging", "context": {"cluster": "staging", "user": "reader"}}],
                "clusters": [{"name": "staging", "cluster": {"server": "https://staging.example.org/", **cluster}}],
                "users": [{"name": "reader", "user": user if user is not None else {"token": "secret-token"}}],
            }
        )
    ).encode()


async def test_a_token_is_sent_to_the_server_of_the_current_context() -> None:
    connection = parse_kubeconfig(kubeconfig())
    assert connection.server == "https://staging.example.org"
    assert await connection.authorization() == "Bearer secret-token"
    assert connection.ssl_context().check_hostname


async def test_a_name_and_password_are_sent_as_well() -> None:
    connection = parse_kubeconfig(kubeconfig({"username": "a", "password": "b"}))
    assert await connection.authorization() == "Basic " + encoded("a:b")


def test_what_is_secret_does_not_show() -> None:
    assert "secret-token" not in repr(parse_kubeconfig(kubeconfig()))


@pytest.mark.parametrize(
    ("user", "cluster", "says"),
    [
        ({"exec": {"command": "sh"}}, {}, "user has exec"),
        ({"tokenFile": "/var/run/secrets/token"}, {}, "user has tokenFile"),
        ({"client-certificate": "/tmp/a", "client-key": "/tmp/b"}, {}, "user has client-certificate"),  # noqa: S108
        ({"auth-provider": {"name": "oidc"}}, {}, "user has auth-provider"),
        (None, {"insecure-skip-tls-verify": True}, "cluster has insecure-skip-tls-verify"),
        (None, {"certificate-authority": "/etc/ca"}, "cluster has certificate-authority"),
        (None, {"proxy-url": "http://somewhere"}, "cluster has proxy-url"),
        (None, {"server": "http://staging.example.org"}, "must begin with https://"),
        ({"client-certificate-data": "QQ=="}, {}, "together"),
        ({"client-certificate-data": "%", "client-key-data": "%"}, {}, "must be base64"),
    ],
)
def test_what_points_out_of_it_is_refused_by_name(user: Any, cluster: dict[str, Any], says: str) -> None:
    with pytest.raises(ClusterError, match=says):
        parse_kubeconfig(kubeconfig(user, **cluster))


@pytest.mark.parametrize("name", ["server", "token", "current-context"])
@pytest.mark.parametrize("value", [12345, ["https://staging.example.org"], {"a": "b"}, None])
def test_what_is_no_text_is_not_made_one(name: str, value: object) -> None:
    changed: dict[str, Any] = {name: value}
    user = changed if name == "token" else None
    written = kubeconfig(user, **changed) if name == "server" else kubeconfig(user)
    if name == "current-context":
        written = yaml.safe_dump({**yaml.safe_load(written), **changed}).encode()
    with pytest.raises(ClusterError, match=f"kubeconfig's .*{name} "):
        parse_kubeconfig(written)


def growing(levels: int) -> bytes:
    """A server's name of 10 to the power of `levels` letters, in a few hundred bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    grown = kubeconfig().decode().replace("https://staging.example.org/", f"*a{levels - 1}")
    return "\n".join([*lines, grown]).encode()


def test_a_few_bytes_that_grow_without_end_are_refused_at_once() -> None:
    started = time.process_time()
    with pytest.raises(ClusterError, match="alias"):
        parse_kubeconfig(growing(levels=8))
    with pytest.raises(ClusterError, match="nested"):
        parse_kubeconfig(b"[" * 60_000)
    assert time.process_time() - started < 1


def test_a_kubeconfig_of_a_whole_company_is_refused_with_what_to_do() -> None:
    with pytest.raises(ClusterError, match="larger than 65536 bytes: write only the context that is to be used"):
        parse_kubeconfig(kubeconfig() + b"# more\n" * 10_000)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list", "a: [", "users: 5\ncontexts: {}"])
def test_what_is_no_kubeconfig_is_said_to_be_none_and_not_quoted(text: str) -> None:
    with pytest.raises(ClusterError) as refused:
        parse_kubeconfig(text.encode())
    assert "kubeconfig" in str(refused.value)
    assert not text.strip() or text not in str(refused.value)


def test_certificates_that_are_none_are_refused_when_they_are_used() -> None:
    cluster: dict[str, Any] = {"certificate-authority-data": encoded("no certificate")}
    connection = parse_kubeconfig(kubeconfig(**cluster))
    with pytest.raises(ClusterError, match="cannot be read"):
        connection.ssl_context()
