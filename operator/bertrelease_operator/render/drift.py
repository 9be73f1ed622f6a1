"""Whether an object in the cluster is still as it was rendered.

What is rendered must be there, and what we wrote before and do not render any more must be gone; what the API server or
somebody else put beside it is none of our business. Where something beside it would change what ours means, nothing may
be there.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from bertrelease_operator.api.names import FIELD_MANAGER
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.quantities import parse_quantity

_Path = tuple[str, ...]

# Must be equal, not only contained: one more label in a selector selects fewer pods, and one more rule in a route,
# or a mirror or fault within it, takes requests away. Each of these is one value to server-side apply (an atomic
# map or list), so writing ours removes what was added. Where the API server merges instead (environment, containers,
# labels), additions belong to who made them, and writing again would not remove them.
_EXACT: Final[Mapping[str, tuple[_Path, ...]]] = {
    "Deployment": (("spec", "selector"),),
    "Service": (("spec", "selector"),),
    "PodDisruptionBudget": (("spec", "selector"),),
    "VirtualService": (("spec", "http"),),
    "HTTPRoute": (("spec", "rules"),),
    "AuthorizationPolicy": (("spec", "rules"),),
    "RequestAuthentication": (("spec", "jwtRules"),),
    "EnvoyFilter": (("spec", "configPatches"),),
    "HorizontalPodAutoscaler": (("spec", "metrics"),),
    "ScaledObject": (("spec", "triggers"),),
}

# Lists whose items are told apart by one field, by the name of the list; their order says nothing. Elsewhere a list of
# that name may hold plain values, such as the `ports` of an AuthorizationPolicy.
_ITEM_KEYS: Final[Mapping[str, str]] = {
    "ownerReferences": "uid",
    "containers": "name",
    "env": "name",
    "ports": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name",
    "topologySpreadConstraints": "topologyKey",
}

# What the API server drops. 0 and False it stores: for `consecutive5xxErrors` or `automountServiceAccountToken`,
# saying nothing would mean something else.
_EMPTY: Final[tuple[Any, ...]] = (None, "", {}, [])


def differs(desired: KubeObject, observed: KubeObject) -> str | None:
    """Path of the first difference, such as `spec.template.spec.containers[server].image`; None if there is none.

    Status, and all that only `observed` has outside of what must be equal, make no difference.
    """
    exact = _EXACT.get(desired["kind"], ())
    left = (_left_over(entry["fieldsV1"], desired, observed, ()) for entry in entries_of_ours(observed["metadata"]))
    first = next(chain(_differences(desired, observed, (), exact), *left), None)
    return _as_text(first) if first is not None else None


def entries_of_ours(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of `metadata.managedFields`: which fields our last apply had. What it leaves out, the next one removes."""
    entries: list[dict[str, Any]] = metadata.get("managedFields") or []
    return [entry for entry in entries if (entry["manager"], entry["operation"]) == (FIELD_MANAGER, "Apply")]


def _left_over(applied: Mapping[str, Any], desired: Any, observed: Any, path: _Path) -> Iterator[_Path]:
    """What was applied and is not desired. Lists are not looked into: `_differences` sees to those that we shorten."""
    if not isinstance(desired, Mapping) or not isinstance(observed, Mapping):
        return
    for step, within in applied.items():
        name = step.removeprefix("f:")  # steps of another kind name no field
        if name not in observed:
            continue
        if name not in desired:
            yield (*path, name)
        else:
            yield from _left_over(within, desired[name], observed[name], (*path, name))


def _differences(desired: Any, observed: Any, path: _Path, exact: Sequence[_Path]) -> Iterator[_Path]:
    if isinstance(desired, Mapping) and isinstance(observed, Mapping):
        yield from _in_mapping(desired, observed, path, exact)
    elif isinstance(desired, list) and isinstance(observed, list):
        yield from _in_list(desired, observed, path, exact)
    elif not _same_scalar(desired, observed, path):
        yield path


def _in_mapping(
    desired: Mapping[str, Any], observed: Mapping[str, Any], path: _Path, exact: Sequence[_Path]
) -> Iterator[_Path]:
    for name, value in desired.items():
        yield from _differences(value, observed.get(name), (*path, name), exact)
    if any(path[: len(whole)] == whole for whole in exact):
        yield from ((*path, name) for name in observed if name not in desired)


def _in_list(desired: list[Any], observed: list[Any], path: _Path, exact: Sequence[_Path]) -> Iterator[_Path]:
    key = _ITEM_KEYS.get(path[-1])
    if key is not None and all(isinstance(item, Mapping) for item in (*desired, *observed)):
        found = {item.get(key): item for item in observed}
        for item in desired:
            yield from _differences(item, found.get(item[key]), (*path, f"[{item[key]}]"), exact)
    elif len(desired) != len(observed):
        yield path
    else:
        for index, (ours, theirs) in enumerate(zip(desired, observed, strict=True)):
            yield from _differences(ours, theirs, (*path, f"[{index}]"), exact)


def _same_scalar(desired: Any, observed: Any, path: _Path) -> bool:
    if desired == observed:
        return True
    if observed is None:
        return desired in _EMPTY
    return _is_quantity(path) and parse_quantity(str(desired)) == parse_quantity(str(observed))


def _is_quantity(path: _Path) -> bool:
    """The API server rewrites quantities: `1000m` becomes `1`."""
    if path[-1] in {"sizeLimit", "averageValue"}:
        return True
    return path[-3:-1] in {("resources", "requests"), ("resources", "limits")}


def _as_text(path: _Path) -> str:
    """Items of lists in brackets, and names that have dots themselves."""
    text = ""
    for step in path:
        if step.startswith("["):
            text += step
        elif "." in step:
            text += f"[{step}]"
        else:
            text += f".{step}"
    return text.removeprefix(".")
