"""The API server's refusals, and its silence, as sentences."""

import json
import re
from dataclasses import dataclass
from typing import Any

from bertrelease_operator.api.names import GROUP
from bertrelease_operator.cli.errors import CliError, ConnectionLostError, ForbiddenError, NotFoundError

_USER = re.compile(r'User "([^"]+)"')
_CLIENT_NOISE = re.compile(r"^(\S*<[^>]*>: |\w+Pool\(.*?\): |SSLError |\[Errno -?\d+\] )+")
# A watch from too long ago, and too many requests: the next try may go well.
_PASSING = frozenset({410, 429})


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, in the words of RBAC."""

    verb: str
    resource: str  # plural
    group: str
    namespace: str | None
    name: str | None = None

    @property
    def qualified(self) -> str:
        return f"{self.resource}.{self.group}"

    @property
    def where(self) -> str:
        return f"in namespace {self.namespace}" if self.namespace is not None else "in all namespaces"


def refused(request: Request, status: int, body: str) -> CliError:
    """The error for an HTTP `status` >= 400 and its `body` (a metav1.Status, or plain text)."""
    answer = _answer(body)
    message = str(answer.get("message", "")).strip() or body.strip() or f"HTTP status {status}"
    match status:
        case 401:
            return CliError("the cluster does not accept your credentials; log in again and check the context")
        case 403:
            return _forbidden(request, message)
        case 404:
            return _missing(request, answer)
        case _ if status >= 500 or status in _PASSING:
            return ConnectionLostError(f"the API server cannot answer now: {message}")
        case _:
            return CliError(f"the cluster refused to {request.verb} {request.qualified}: {message}")


def unreachable(server: str, error: BaseException) -> ConnectionLostError:
    """The error for a connection that could not be made or broke off."""
    reason = error
    while reason.__cause__ is not None or getattr(reason, "reason", None) is not None:
        inner = getattr(reason, "reason", None)
        reason = inner if isinstance(inner, BaseException) else reason.__cause__ or RuntimeError(inner)
    return ConnectionLostError(
        f"cannot reach the cluster at {server}: {_plain(reason)}. Is it running, and is the context the right one?"
    )


def _plain(error: BaseException) -> str:
    """On one line, without the client's own objects and error numbers."""
    text = _CLIENT_NOISE.sub("", " ".join(str(error).split()))
    return text.rstrip(".") or type(error).__name__


def _answer(body: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _forbidden(request: Request, message: str) -> CliError:
    if "is forbidden: User" not in message:  # an admission rule, not a missing permission
        return CliError(f"the cluster refused to {request.verb} {request.qualified}: {message}")
    user = _USER.search(message)
    who = f"you ({user.group(1)})" if user is not None else "you"
    scope = f"-n {request.namespace}" if request.namespace is not None else "-A"
    return ForbiddenError(
        f"{who} may not {request.verb} {request.qualified} {request.where}. Ask for a role that allows it; "
        f"check with: kubectl auth can-i {request.verb} {request.qualified} {scope}"
    )


def _missing(request: Request, answer: dict[str, Any]) -> CliError:
    if answer.get("reason") == "NotFound" and request.name is not None:
        return NotFoundError(f'{request.qualified} "{request.name}" not found {request.where}')
    if request.group == GROUP:
        return CliError(
            f"this cluster does not know {request.qualified}: BertRelease is not installed in it, "
            f"or the context is the wrong one"
        )
    return CliError(f"this cluster does not know {request.qualified}")
