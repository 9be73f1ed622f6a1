"""What arrives with a request about who asked: a request id, W3C trace context (level 2), and whether it is a test."""

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

REQUEST_ID_HEADER = b"x-request-id"
# Tests of this version, such as the operator's gates, say so by this header, whatever its value.
GATE_HEADER = b"x-bert-gate"
TRACEPARENT_HEADER = b"traceparent"
TRACESTATE_HEADER = b"tracestate"

_REQUEST_ID = re.compile(rb"[\x20-\x7e]{1,128}")
_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED_FLAG = 1


class TraceParent(NamedTuple):
    """`trace_id` and `span_id` in hex; `sampled` is the caller's decision to record this trace."""

    trace_id: str
    span_id: str
    sampled: bool


class Origin(NamedTuple):
    request_id: str
    parent: TraceParent | None
    trace_state: str
    by_gate: bool = False


def origin_of(headers: Iterable[tuple[bytes, bytes]]) -> Origin:
    """With a new request id if none came that can be written into a log."""
    request_id, parent, trace_state, by_gate = b"", None, b"", False
    for name, value in headers:
        if name == REQUEST_ID_HEADER:
            request_id = value if _REQUEST_ID.fullmatch(value) else b""
        elif name == TRACEPARENT_HEADER:
            parent = parse_traceparent(value)
        elif name == TRACESTATE_HEADER:
            trace_state = value
        elif name == GATE_HEADER:
            by_gate = True
    return Origin(request_id.decode() or os.urandom(16).hex(), parent, trace_state.decode("latin-1"), by_gate)


def parse_traceparent(value: bytes) -> TraceParent | None:
    """None for what the standard tells to ignore."""
    match = _TRACEPARENT.fullmatch(value)
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    known_form = version != b"ff" and not (version == b"00" and more)
    if not known_form or not trace_id.strip(b"0") or not span_id.strip(b"0"):
        return None
    return TraceParent(trace_id.decode(), span_id.decode(), bool(int(flags, 16) & _SAMPLED_FLAG))
