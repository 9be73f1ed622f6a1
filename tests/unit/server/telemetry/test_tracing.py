import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bert_server.calls import Call, Stage, current_call
from bert_server.telemetry.middleware import Telemetry
from bert_server.telemetry.tracing import QUEUED_SPANS, Tracing, stage_spans
from bert_server.telemetry.w3c import Origin
from tests.support.otlp_receiver import OtlpReceiver, attributes
from tests.unit.server.telemetry.served import FINGERPRINT, FakeService, ask

TRACE_ID, PARENT_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE_ID}-{PARENT_ID}-01", f"00-{TRACE_ID}-{PARENT_ID}-00"
PREPARE_SECONDS = 30


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as running:
        yield running


def tracing(endpoint: str, share: float) -> Tracing:
    traces = Tracing(endpoint, share, version="v1.2.3", release="toy")
    assert traces.wait_until_prepared(PREPARE_SECONDS)
    return traces


def app(traces: Tracing, status: int = 200) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        call = current_call.get()
        with call.stage(Stage.TOKENIZE):
            pass
        call.stage_seconds |= {Stage.QUEUE: 0.25, Stage.INFER: 0.5}
        call.jobs, call.cached_jobs, call.tokens = 3, 1, 24
        await Response("机密", status)(scope, receive, send)

    return Telemetry(answer, FakeService(), ["/fill-mask"], traces)


async def test_a_request_with_a_recorded_trace_becomes_a_span_of_it_with_its_stages(receiver: OtlpReceiver) -> None:
    traces = tracing(receiver.endpoint, share=0)
    headers = {"traceparent": SAMPLED, "tracestate": "vendor=1", "x-request-id": "me"}
    await ask(app(traces), headers=headers, body=["机密[MASK]".encode()])
    traces.close()
    (span,) = receiver.named("POST /fill-mask")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE_ID, PARENT_ID)
    assert (span.kind, span.trace_state) == (Span.SPAN_KIND_SERVER, "vendor=1")
    assert attributes(span.attributes) == {
        "http.request.method": "POST",
        "http.route": "/fill-mask",
        "http.response.status_code": 200,
        "bert.version": "v1.2.3",
        "bert.fingerprint": FINGERPRINT,
        "bert.request_id": "me",
        "bert.jobs": 3,
        "bert.cached_jobs": 1,
        "bert.tokens": 24,
    }
    stages = sorted(
        (child for child in receiver.spans if child is not span), key=lambda child: child.start_time_unix_nano
    )
    assert [child.name for child in stages] == ["tokenize", "queue", "infer"]
    assert {child.parent_span_id for child in stages} == {span.span_id}
    assert [round((child.end_time_unix_nano - child.start_time_unix_nano) / 1e9, 2) for child in stages] == [
        0,
        0.25,
        0.5,
    ]
    assert span.start_time_unix_nano <= stages[0].start_time_unix_nano
    assert receiver.resources[0]["service.name"] == "bert-server"
    assert receiver.resources[0]["service.version"] == "v1.2.3"
    assert "机密" not in str(receiver.spans)


async def test_the_callers_decision_counts_and_of_the_others_a_share_is_recorded(
    receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolls = iter([0.09, 0.11])
    monkeypatch.setattr("random.random", lambda: next(rolls))
    traces = tracing(receiver.endpoint, share=0.1)
    for headers in ({"traceparent": UNSAMPLED}, {"traceparent": "rubbish"}, {}, {"traceparent": SAMPLED}):
        await ask(app(traces), headers=headers)
    traces.close()
    found = receiver.named("POST /fill-mask")
    assert [span.trace_id.hex() == TRACE_ID for span in found] == [False, True]
    assert found[0].parent_span_id == b""


async def test_a_failure_is_marked_as_one(receiver: OtlpReceiver) -> None:
    traces = tracing(receiver.endpoint, share=1)
    for status in (429, 503):
        await ask(app(traces, status))
    traces.close()
    codes = [span.status.code for span in receiver.named("POST /fill-mask")]
    assert codes == [Status.STATUS_CODE_UNSET, Status.STATUS_CODE_ERROR]


async def test_the_call_knows_its_trace_so_that_logs_and_exemplars_do(receiver: OtlpReceiver) -> None:
    traces = tracing(receiver.endpoint, share=1)
    call = Call("id", 0.0, 1.0)
    trace = traces.begin(call, Origin("id", None, ""), "POST /fill-mask")
    assert trace is not None
    assert (call.trace_id, call.sampled) == (trace.trace_id, True)
    trace.end(call, 200, {})
    traces.close()
    assert [span.trace_id.hex() for span in receiver.spans] == [call.trace_id]


async def test_a_collector_that_does_not_answer_holds_up_neither_requests_nor_the_end(
    receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bert_server.telemetry.tracing.CLOSE_SECONDS", 0.1)
    receiver.gate.clear()
    traces = tracing(receiver.endpoint, share=1)
    toy = app(traces)
    for _ in range(QUEUED_SPANS):  # four spans each: more than may wait
        assert (await ask(toy)).status == 200
    traces.close()
    assert receiver.spans == []


def test_stages_follow_one_another_and_those_with_a_known_beginning_keep_it() -> None:
    call = Call("id", started=10.0, deadline=20.0)
    call.stage_seconds = {Stage.POSTPROCESS: 1.0, Stage.INFER: 2.0, Stage.TOKENIZE: 0.5, Stage.QUEUE: 1.0}
    call.stage_began = {Stage.TOKENIZE: 11.0, Stage.POSTPROCESS: 16.0}
    assert list(stage_spans(call)) == [
        (Stage.TOKENIZE, 11.0, 11.5),
        (Stage.QUEUE, 11.5, 12.5),
        (Stage.INFER, 12.5, 14.5),
        (Stage.POSTPROCESS, 16.0, 17.0),
    ]
    assert list(stage_spans(Call("id", 0.0, 1.0))) == []


def test_a_server_without_traces_does_not_load_the_library() -> None:
    program = (
        "import sys, bert_server.telemetry.middleware; print('opentelemetry' in sys.modules, 'redis' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert result.stdout.split() == ["False", "False"]
