"""ASGI "middleware" that breaks the engine as no request can: when the file that FAULT_FILE names holds `hang`, the
next inference never ends; when it holds `die`, it takes its thread with it."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from starlette.types import ASGIApp

from bert_server.inference.jobs import Job, JobResult
from bert_server.runners.encoder import EncoderRunner

_run = EncoderRunner.run


def _breakable_run(runner: EncoderRunner, jobs: Sequence[Job]) -> list[JobResult]:
    file = Path(os.environ["FAULT_FILE"])
    fault = file.read_text() if file.exists() else ""
    if fault == "hang":
        threading.Event().wait()
    if fault == "die":
        raise SystemExit
    return _run(runner, jobs)


def breakable_engine(app: ASGIApp) -> ASGIApp:
    setattr(EncoderRunner, "run", _breakable_run)  # noqa: B010  an assignment would have to be of the same type
    return app
