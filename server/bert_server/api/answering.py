"""What the model endpoints of all families share: who answers, until when, and what is said if nobody can."""

import logging
import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from bert_server.api.problems import ProblemError, unprocessable
from bert_server.bundle.manifest import Task
from bert_server.calls import current_call
from bert_server.inference.contract import EngineError, RefusalReason, RefusedError
from bert_server.models import EncoderModel, Models
from bert_server.overload import DEADLINE_HEADER, ENVOY_TIMEOUT_HEADER, overloaded_problem
from bert_server.service import Service
from bert_server.tasks.errors import CandidateError, InputError
from bert_server.tasks.resources import Resources

logger = logging.getLogger(__name__)

MAX_DEADLINE_MS = 600_000

FieldOf = Callable[[int], str]

_ENCODER = msgspec.json.Encoder()


class Answered(Struct, kw_only=True):
    """What every answer of the native endpoints says of itself. `timestamp` is ISO 8601 in UTC."""

    version: str
    fingerprint: str
    timestamp: str


def now_timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_response(body: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(_ENCODER.encode(body), int(status), media_type="application/json")


def loaded(service: Service) -> Models:
    """Raises ProblemError with status 503 while there are none."""
    if service.models is None:
        status, reason = service.status()
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "not-ready",
            f"the server is {status}: {reason}",
            headers={"Retry-After": "1"},
        )
    return service.models


def encoder_for(service: Service, task: Task) -> EncoderModel:
    """Raises ProblemError: 503 while nothing is loaded, 404 if no model here does the task."""
    models = loaded(service)
    model = models.encoder_for(task)
    if model is None:
        raise no_model(models, task)
    return model


def no_model(models: Models, task: Task) -> ProblemError:
    tasks = ", ".join(sorted({task for model in models.all for task in model.manifest.tasks}))
    return ProblemError(HTTPStatus.NOT_FOUND, "no-model", f"no model of this server does {task}; what they do: {tasks}")


def resources_for(service: Service, request: Request, deadline_seconds: float | None = None) -> Resources:
    """For this request, until its deadline: its own, or `deadline_seconds`, or that of the settings.

    Raises ProblemError with status 400 if its own is no sensible number of milliseconds.
    """
    call = current_call.get()
    default_seconds = service.settings.deadline_seconds if deadline_seconds is None else deadline_seconds
    call.deadline = call.started + _own_deadline_seconds(request, default_seconds)
    # A test of the model that the cache answered would test nothing.
    inference = service.scheduler if call.by_gate else service.inference
    return Resources(inference, service.tokenizing, call.deadline)


def _own_deadline_seconds(request: Request, default_seconds: float) -> float:
    asked = request.headers.get(DEADLINE_HEADER)
    if asked is not None:
        milliseconds = _number(asked)
        if not 0 < milliseconds <= MAX_DEADLINE_MS:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST,
                "invalid-deadline",
                f"{DEADLINE_HEADER} is not a number of milliseconds above 0 and up to {MAX_DEADLINE_MS}",
                {"field": DEADLINE_HEADER, "limit": MAX_DEADLINE_MS, "actual": asked},
            )
        return milliseconds / 1000
    # Envoy says 0 where a route has no timeout.
    milliseconds = _number(request.headers.get(ENVOY_TIMEOUT_HEADER, ""))
    return milliseconds / 1000 if milliseconds > 0 else default_seconds


def _number(text: str) -> float:
    """NaN if it is none, or infinite."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


@contextmanager
def refusals(text_field: FieldOf, candidate_field: FieldOf = "candidates[{}]".format) -> Generator[None]:
    """Turns what tasks and inference raise into problems; the functions name the field of a text or a candidate."""
    try:
        yield
    except InputError as error:
        field = (candidate_field if isinstance(error, CandidateError) else text_field)(error.index)
        limits = {"limit": error.limit, "actual": error.actual} if error.limit is not None else {}
        raise unprocessable(error.kind, f"{field} {error.problem}", {"field": field, **limits}) from error
    except RefusedError as error:
        raise _refusal(error) from error
    except EngineError as error:
        logger.exception("the engine failed on a request")
        raise ProblemError(
            HTTPStatus.INTERNAL_SERVER_ERROR, "engine-failed", "the engine failed on this request; the log says how"
        ) from error


def _refusal(error: RefusedError) -> ProblemError:
    problem = overloaded_problem(error)
    if error.reason is not RefusalReason.STOPPING:
        return problem
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE, "stopping", problem.detail, problem.members, headers=problem.headers
    )
