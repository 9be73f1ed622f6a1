"""What a person is told when the cluster says no, or nothing."""

import json

import pytest
from urllib3.exceptions import HTTPError, MaxRetryError

from bertrelease_operator.cli.errors import CliError, ConnectionLostError, ForbiddenError, NotFoundError
from bertrelease_operator.cli.kube.failures import Request, refused, unreachable

PATCH = Request("patch", "bertreleases", "bertrelease.io", "shop", "fill-mask")
LIST_ALL = Request("list", "bertreleases", "bertrelease.io", None)


def status(message: str, reason: str = "") -> str:
    return json.dumps({"kind": "Status", "message": message, "reason": reason})


def test_a_missing_permission_is_named_with_verb_resource_and_namespace() -> None:
    message = (
        'bertreleases.bertrelease.io "fill-mask" is forbidden: User "jo@example.org" cannot patch resource '
        '"bertreleases" in API group "bertrelease.io" in the namespace "shop"'
    )
    error = refused(PATCH, 403, status(message, "Forbidden"))
    assert isinstance(error, ForbiddenError)
    assert str(error) == (
        "you (jo@example.org) may not patch bertreleases.bertrelease.io in namespace shop. Ask for a role that "
        "allows it; check with: kubectl auth can-i patch bertreleases.bertrelease.io -n shop"
    )


def test_a_permission_for_all_namespaces_is_named_as_such() -> None:
    error = refused(LIST_ALL, 403, status('bertreleases is forbidden: User "jo" cannot list ...'))
    assert "may not list bertreleases.bertrelease.io in all namespaces" in str(error)
    assert str(error).endswith("can-i list bertreleases.bertrelease.io -A")


@pytest.mark.parametrize(
    ("request_", "code", "body", "kind", "sentence"),
    [
        (PATCH, 403, status("admission webhook says: not on Fridays"), CliError, "not on Fridays"),
        (PATCH, 401, "Unauthorized", CliError, "does not accept your credentials"),
        (PATCH, 404, status("not found", "NotFound"), NotFoundError, '"fill-mask" not found in namespace shop'),
        (PATCH, 404, "404 page not found", CliError, "BertRelease is not installed in it"),
        (Request("list", "deployments", "apps", "shop"), 404, "", CliError, "does not know deployments.apps"),
        (PATCH, 422, status("spec.version: a version is vMAJOR"), CliError, "refused to patch .*: spec.version: a"),
        (PATCH, 503, status("shutting down"), ConnectionLostError, "cannot answer now: shutting down"),
        (PATCH, 429, "slow down", ConnectionLostError, "cannot answer now: slow down"),
        (PATCH, 410, status("too old"), ConnectionLostError, "cannot answer now: too old"),
        (PATCH, 418, "", CliError, "HTTP status 418"),
        (PATCH, 500, "[1]", ConnectionLostError, r"\[1\]"),
    ],
)
def test_every_refusal_is_a_sentence(
    request_: Request, code: int, body: str, kind: type[CliError], sentence: str
) -> None:
    error = refused(request_, code, body)
    assert type(error) is kind
    with pytest.raises(kind, match=sentence):
        raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MaxRetryError(None, "/apis", OSError("Connection refused")), "Connection refused"),  # type: ignore[arg-type]
        (HTTPError("HTTPSConnectionPool(host='10.0.0.1', port=6443): Read timed out."), "Read timed out"),
        (OSError(113, "No route to host"), "No route to host"),
        (RuntimeError("SSLError\n[SSL] certificate verify failed"), "[SSL] certificate verify failed"),
        (HTTPError("<urllib3.connection.HTTPSConnection object at 0x7f>: no route"), "no route"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_unreachable_cluster_is_named_with_the_plain_reason(error: BaseException, reason: str) -> None:
    assert str(unreachable("https://10.0.0.1:6443", error)) == (
        f"cannot reach the cluster at https://10.0.0.1:6443: {reason}. Is it running, and is the context the right one?"
    )
