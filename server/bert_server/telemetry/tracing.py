"""OpenTelemetry traces: a span for each recorded request, with one for each stage in it."""

import logging
import random
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bert_server.calls import Call, Stage
from bert_server.telemetry.w3c import Origin

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

SERVICE_NAME = "bert-server"
TRACES_PATH = "/v1/traces"
# Spans beyond that are lost while the collector does not take any.
QUEUED_SPANS = 2048
EXPORT_INTERVAL_MS = 1000
# One attempt to deliver a batch, its repetitions included.
EXPORT_SECONDS = 2
CLOSE_SECONDS = 3


class Tracing:
    """Decides which requests to record, and exports them in the background to `endpoint`, an OTLP receiver over HTTP.

    A request that comes with a decision (`traceparent`) keeps to it; of the others a share is chosen at random. A
    request that is not recorded costs nothing but this decision. The library, which takes a quarter of a second to
    import, is loaded on a thread; until then nothing is recorded.
    """

    def __init__(self, endpoint: str, share: float, version: str, release: str) -> None:
        self._share = share
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None
        self._preparing = threading.Thread(
            target=self._prepare, args=(endpoint, version, release), name="tracing", daemon=True
        )
        self._preparing.start()

    def wait_until_prepared(self, seconds: float) -> bool:
        self._preparing.join(seconds)
        return self._tracer is not None

    def begin(self, call: Call, origin: Origin, name: str) -> "RequestTrace | None":
        """None if the request is not to be recorded; else the call learns its trace."""
        wanted = origin.parent.sampled if origin.parent is not None else random.random() < self._share  # noqa: S311
        if not wanted or self._tracer is None:
            return None
        trace = RequestTrace(self._tracer, call, origin, name)
        call.trace_id, call.sampled = trace.trace_id, True
        return trace

    def close(self) -> None:
        """Deliver what waits, for `CLOSE_SECONDS` at most."""
        self._preparing.join(CLOSE_SECONDS)
        if self._provider is not None:
            flushing = threading.Thread(target=self._provider.shutdown, name="tracing-end", daemon=True)
            flushing.start()
            flushing.join(CLOSE_SECONDS)

    def _prepare(self, endpoint: str, version: str, release: str) -> None:
        import opentelemetry.trace.propagation.tracecontext  # noqa: F401  here, not in the first traced request
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON

        # A collector that is away makes several warnings for each batch that is lost; the error after them is enough.
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        resource = Resource.create({"service.name": SERVICE_NAME, "service.version": version, "bert.release": release})
        # Only what is to be recorded reaches the library, so its own sampler has nothing left to decide.
        provider = TracerProvider(resource=resource, sampler=ALWAYS_ON, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint.rstrip("/") + TRACES_PATH, timeout=EXPORT_SECONDS)
        processor = BatchSpanProcessor(exporter, max_queue_size=QUEUED_SPANS, schedule_delay_millis=EXPORT_INTERVAL_MS)
        provider.add_span_processor(processor)
        self._provider, self._tracer = provider, provider.get_tracer(__name__)


class RequestTrace:
    """The span of one request."""

    def __init__(self, tracer: "Tracer", call: Call, origin: Origin, name: str) -> None:
        from opentelemetry.trace import SpanKind

        self._tracer = tracer
        self._epoch_seconds = time.time() - time.monotonic()
        self._span: Span = tracer.start_span(
            name, _context(origin), SpanKind.SERVER, start_time=self._nanoseconds(call.started)
        )

    @property
    def trace_id(self) -> str:
        """In hex."""
        return f"{self._span.get_span_context().trace_id:032x}"

    def end(self, call: Call, status: int, attributes: Mapping[str, str | int]) -> None:
        from opentelemetry.trace import StatusCode, set_span_in_context

        parent = set_span_in_context(self._span)
        for stage, began, ended in stage_spans(call):
            span = self._tracer.start_span(stage, parent, start_time=self._nanoseconds(began))
            span.end(self._nanoseconds(ended))
        counts = {"bert.jobs": call.jobs, "bert.cached_jobs": call.cached_jobs, "bert.tokens": call.tokens}
        self._span.set_attributes(
            {**attributes, **counts, "bert.request_id": call.request_id, "http.response.status_code": status}
        )
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end(self._nanoseconds(time.monotonic()))

    def _nanoseconds(self, moment: float) -> int:
        return int((self._epoch_seconds + moment) * 1e9)


def stage_spans(call: Call) -> Iterator[tuple[Stage, float, float]]:
    """Stages with beginning and end (`time.monotonic()`), in the order of their work.

    Of waiting and inference only the duration is known: they are taken to follow what was before them at once.
    """
    cursor = call.started
    for stage in Stage:
        if stage in call.stage_seconds:
            began = max(cursor, call.stage_began.get(stage, cursor))
            cursor = began + call.stage_seconds[stage]
            yield stage, began, cursor


def _context(origin: Origin) -> "Context | None":
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if origin.parent is None:
        return Context()
    trace_id, span_id, sampled = origin.parent
    carrier = {"traceparent": f"00-{trace_id}-{span_id}-{int(sampled):02x}", "tracestate": origin.trace_state}
    return TraceContextTextMapPropagator().extract(carrier, Context())
