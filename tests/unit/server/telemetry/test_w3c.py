import pytest

from bert_server.telemetry.w3c import TraceParent, origin_of, parse_traceparent

TRACE, SPAN = b"0af7651916cd43dd8448eb211c80319c", b"b7ad6b7169203331"


@pytest.mark.parametrize("flags", [b"00", b"01", b"02", b"03", b"ff"])
def test_only_the_lowest_flag_says_sampled(flags: bytes) -> None:
    parent = parse_traceparent(b"-".join((b"00", TRACE, SPAN, flags)))
    assert parent == TraceParent(TRACE.decode(), SPAN.decode(), bool(int(flags, 16) & 1))


def test_a_later_version_may_have_more_fields() -> None:
    assert parse_traceparent(b"-".join((b"01", TRACE, SPAN, b"01", b"more"))) is not None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"00-" + TRACE + b"-" + SPAN,
        b"ff-" + TRACE + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + SPAN + b"-01-more",
        b"00-" + TRACE.upper() + b"-" + SPAN + b"-01",
        b"00-" + b"0" * 32 + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + b"0" * 16 + b"-01",
        b"00-" + TRACE + b"-" + SPAN + b"-01\n",
        b"00-" + TRACE[1:] + b"-" + SPAN + b"-01",
        b"\xff" * 55,
    ],
)
def test_what_the_standard_does_not_allow_is_as_if_nothing_came(value: bytes) -> None:
    assert parse_traceparent(value) is None


@pytest.mark.parametrize("value", [b"a", b"x" * 128, b"550e8400-e29b-41d4-a716-446655440000", b"with spaces ~!"])
def test_a_request_id_of_printable_ascii_is_kept(value: bytes) -> None:
    assert origin_of([(b"x-request-id", value)]).request_id == value.decode()


@pytest.mark.parametrize("value", [b"", b"x" * 129, b"a\tb", b"a\nb", b"\x7f", "编号".encode()])
def test_another_request_id_is_replaced_by_a_new_one_each_time(value: bytes) -> None:
    made = {origin_of([(b"x-request-id", value)]).request_id for _ in range(10)}
    assert len(made) == 10
    assert all(len(request_id) == 32 for request_id in made)


def test_what_a_caller_sent_along_is_taken_from_among_other_headers() -> None:
    parent = b"-".join((b"00", TRACE, SPAN, b"01"))
    headers = [(b"host", b"x"), (b"traceparent", parent), (b"tracestate", b"a=1,b=2"), (b"x-request-id", b"me")]
    assert origin_of(headers) == ("me", TraceParent(TRACE.decode(), SPAN.decode(), True), "a=1,b=2", False)
    assert origin_of([*headers, (b"x-bert-gate", b"golden")]).by_gate
