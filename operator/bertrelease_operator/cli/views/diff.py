"""Two versions, as data; also what `diff -o json|yaml` prints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.status import BertRevisionStatus, CheckStatus, GateStatus, RevisionVerdict, Verdict
from bertrelease_operator.cli.objects import Release, Revision

_MISSING = ""


class Side(ApiModel):
    """What became of one version."""

    version: str
    serving: bool
    verdict: RevisionVerdict
    reason: str
    message: str


class Difference(ApiModel):
    """A field that is not the same, by its path; an empty text where a version does not have it."""

    field: str
    first: str
    second: str


class Figure(ApiModel):
    """What a check, or a gate, said of one version."""

    verdict: Verdict
    value: float | None
    limit: float | None
    sample: int
    message: str


class Comparison(ApiModel):
    """A check or a gate; None for a version that has no such evidence."""

    name: str
    unit: str
    first: Figure | None
    second: Figure | None


class DiffView(ApiModel):
    """Two versions of a release."""

    namespace: str
    release: str
    first: Side
    second: Side
    contents: tuple[Difference, ...]  # image, model, config and what else is recorded of a version
    running: tuple[Difference, ...]  # what was found to run under its name
    checks: tuple[Comparison, ...]
    gates: tuple[Comparison, ...]


def diff_view(release: Release, first: Revision, second: Revision) -> DiffView:
    return DiffView(
        namespace=release.namespace,
        release=release.name,
        first=_side(release, first),
        second=_side(release, second),
        contents=_differences(_contents(first), _contents(second)),
        running=_differences(_running(first.status), _running(second.status)),
        checks=_compared(*({c.name: (c.unit, _of_check(c)) for c in one.status.checks} for one in (first, second))),
        gates=_compared(*(_gates(one.status.gates) for one in (first, second))),
    )


def _side(release: Release, revision: Revision) -> Side:
    status = revision.status
    return Side(
        version=revision.version,
        serving=revision.version == release.status.stable,
        verdict=status.verdict,
        reason=status.reason,
        message=status.message,
    )


def _contents(revision: Revision) -> dict[str, str]:
    snapshot = revision.spec.snapshot().model_dump(mode="json", by_alias=True, exclude_none=True)
    return dict(_flat(snapshot))


def _running(status: BertRevisionStatus) -> dict[str, str]:
    found = {"imageId": status.image_id, "fingerprint": status.fingerprint}
    return {name: value for name, value in found.items() if value is not None}


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Leaves by their paths, such as `config.threads` and `podTemplate.tolerations[0].key`."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{index}]")
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _differences(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[Difference, ...]:
    return tuple(
        Difference(field=field, first=first.get(field, _MISSING), second=second.get(field, _MISSING))
        for field in dict.fromkeys([*first, *second])
        if first.get(field) != second.get(field)
    )


def _compared(
    first: Mapping[str, tuple[str, Figure]], second: Mapping[str, tuple[str, Figure]]
) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            name=name,
            unit=(first.get(name) or second[name])[0],
            first=first[name][1] if name in first else None,
            second=second[name][1] if name in second else None,
        )
        for name in dict.fromkeys([*first, *second])
    )


def _of_check(check: CheckStatus) -> Figure:
    return Figure(
        verdict=check.verdict, value=check.value, limit=check.limit, sample=check.sample, message=check.message
    )


def _gates(gates: Sequence[GateStatus]) -> dict[str, tuple[str, Figure]]:
    """Each passage, and the figures that it was decided on."""
    found: dict[str, tuple[str, Figure]] = {}
    for gate in gates:
        name = f"{gate.name} ({gate.point})"
        said = Figure(verdict=gate.verdict, value=None, limit=None, sample=0, message=gate.message)
        found[name] = ("", said)
        found |= {f"{name} {check.name}": (check.unit, _of_check(check)) for check in gate.checks}
    return found
