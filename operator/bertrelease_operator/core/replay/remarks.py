"""What a record cannot say, so that nobody takes a replay for more than it is."""

from collections.abc import Callable, Iterator

from bertrelease_operator.api.recording import Recording
from bertrelease_operator.core.evidence.latency import judged_edge_ms
from bertrelease_operator.core.replay.policy import Policy
from bertrelease_operator.core.strategies.plan import Step
from bertrelease_operator.core.strategies.registry import plan_of

_Source = Callable[[Recording, Policy | None, Policy], Iterator[str]]


def remarks(recording: Recording, in_force: Policy | None, tried: Policy) -> list[str]:
    """`in_force`: the policy of the record; None if it was too long to be kept."""
    return [remark for source in _SOURCES for remark in source(recording, in_force, tried)]


def _looks(recording: Recording, _in_force: Policy | None, _tried: Policy) -> Iterator[str]:
    if not recording.looks:
        yield "No look is on record: nothing can be judged."
    if any(looks.merged for looks in recording.looks):
        yield "Some looks were put together to save space: a test that was close may come out differently."
    epochs = [looks.epoch for looks in recording.looks]
    if len(set(epochs)) < len(epochs):
        yield (
            "The operator was restarted meanwhile, or the source of the figures changed; what it had gathered in that "
            "step is lost here as it was then."
        )


def _weights(_recording: Recording, in_force: Policy | None, tried: Policy) -> Iterator[str]:
    if in_force is None:
        yield "The policy that was in force was too long to be kept."
        return
    before, now = (plan_of(policy.strategy).steps for policy in (in_force, tried))
    if [_gets(step) for step in before] != [_gets(step) for step in now]:
        came = ", ".join(step.place for step in before)
        yield f"Requests are those that came {came}: another share would have brought more or fewer."


def _gets(step: Step) -> tuple[object, ...]:
    return step.weight, step.mirror_percent, step.matches


def _edges(recording: Recording, _in_force: Policy | None, tried: Policy) -> Iterator[str]:
    limit = tried.health.p95_latency_ms
    edges = next((tuple(looks.edges_ms) for looks in recording.looks if looks.edges_ms), ())
    if limit is None or not edges:
        return
    edge = judged_edge_ms(edges, limit.max)
    if edge is None:
        yield f"All buckets of the latency are above {limit.max:g} ms: every request counts as slow."
    elif edge != limit.max:
        yield f"The latency has no bucket that ends at {limit.max:g} ms: {edge:g} ms is judged instead."


def _checks(_recording: Recording, in_force: Policy | None, tried: Policy) -> Iterator[str]:
    known = {check.name: check.query for check in in_force.health.custom} if in_force is not None else {}
    for check in tried.health.custom:
        if known.get(check.name) != check.query:
            yield f"Nothing is on record of custom check {check.name} with this query."
    if in_force is not None and in_force.health.window_seconds != tried.health.window_seconds:
        yield f"Use of CPU and memory is that of windows of {in_force.health.window_seconds} s."


def _drift(_recording: Recording, in_force: Policy | None, tried: Policy) -> Iterator[str]:
    if any(policy is not None and policy.health.prediction_drift is not None for policy in (in_force, tried)):
        yield "What the versions answered is not on record: predictionDrift is left out."


_SOURCES: tuple[_Source, ...] = (_looks, _weights, _edges, _checks, _drift)
