"""What spec.promotion accepts and refuses, with the words that a person gets to read."""

from typing import Any, Final

from tests.unit.operator.api.cases import MISSING, Accepted, Refused

_FROM: Final = {"name": "fill-mask", "namespace": "staging"}
FOLLOWING: Final[dict[str, Any]] = {"version": MISSING, "model": MISSING, "promotion": {"from": _FROM}}


def _following(**fields: Any) -> dict[str, Any]:
    return {**FOLLOWING, "promotion": {"from": _FROM, **fields}}


ACCEPTED_PROMOTION = (
    Accepted("versions from another namespace, with nothing of its own", FOLLOWING),
    Accepted("the same name in another namespace", _following(soakSeconds=0)),
    Accepted("another name in the same namespace", {**FOLLOWING, "promotion": {"from": {"name": "bert-staging"}}}),
    Accepted("a pinned version", {"promotion": {"from": _FROM}}),
    Accepted(
        "another cluster",
        {**FOLLOWING, "promotion": {"from": {**_FROM, "kubeconfigSecretRef": {"name": "staging-reader"}}}},
    ),
    Accepted("followers in other namespaces", {"promotion": {"allowedNamespaces": ["staging", "prod"]}}),
)

REFUSED_PROMOTION = (
    Refused(
        "itself",
        {**FOLLOWING, "promotion": {"from": {"name": "fill-mask"}}},
        (
            "spec.promotion.from: Invalid value: a release cannot follow itself: name another one, or the namespace or "
            "cluster that it is in",
        ),
        across_fields=True,
    ),
    Refused(
        "a promotion from nowhere to nowhere",
        {"promotion": {}},
        (
            "spec.promotion: Required value: set from to follow another release, or allowedNamespaces to be followed; "
            "or leave promotion out",
        ),
        across_fields=True,
    ),
    Refused(
        "followers without a source of versions",
        {"version": MISSING, "promotion": {"allowedNamespaces": ["prod"]}},
        (
            "spec.version: Required value: set the version that should serve, or promotion.from to follow another "
            "release",
        ),
        across_fields=True,
    ),
    Refused(
        "another cluster without a namespace",
        {**FOLLOWING, "promotion": {"from": {"name": "bert", "kubeconfigSecretRef": {"name": "staging-reader"}}}},
        ("spec.promotion.from.namespace: Required value: another cluster needs the namespace there: set namespace",),
        across_fields=True,
    ),
    Refused(
        "a soak of half a year",
        _following(soakSeconds=15_552_000),
        (
            "spec.promotion.soakSeconds: Invalid value: 15552000: "
            "spec.promotion.soakSeconds in body should be less than or equal to 2592000",
        ),
    ),
)
