"""Traces as a real OpenTelemetry collector reads them."""

import re
from pathlib import Path

from tests.server.otel_collector import OtelCollector
from tests.unit.server.telemetry.served import ask
from tests.unit.server.telemetry.test_tracing import PARENT_ID, SAMPLED, TRACE_ID, app, tracing


async def test_a_collector_reads_the_span_of_a_request_and_those_of_its_stages(tmp_path: Path) -> None:
    with OtelCollector(tmp_path) as collector:
        traces = tracing(collector.endpoint, share=0)
        await ask(app(traces), headers={"traceparent": SAMPLED}, body=["机密[MASK]".encode()])
        traces.close()
        output = collector.wait_for("Name           : POST /fill-mask")
    spans = {
        fields["Name"]: fields
        for part in re.split(r"^Span #\d+$", output, flags=re.MULTILINE)[1:]
        for fields in [dict(re.findall(r"^ +(\w[\w ]*?) +: (\S.*)$", part, re.MULTILINE))]
    }
    assert set(spans) == {"POST /fill-mask", "tokenize", "queue", "infer"}
    request = spans.pop("POST /fill-mask")
    assert (request["Trace ID"], request["Parent ID"], request["Kind"]) == (TRACE_ID, PARENT_ID, "Server")
    assert {span["Parent ID"] for span in spans.values()} == {request["ID"]}
    assert "service.name: Str(bert-server)" in output
    assert "机密" not in output
