"""`metadata.managedFields`: who has written which field of an object, as the API server keeps it."""

from typing import Any

from bertrelease_operator.api.names import FIELD_MANAGER

_IDENTITY = {"apiVersion", "kind", "name", "namespace"}


def applied(obj: dict[str, Any], manager: str = FIELD_MANAGER, operation: str = "Apply") -> dict[str, Any]:
    """The entry that `manager` gets by writing `obj`. Lists are one value each."""
    contents = {name: value for name, value in obj.items() if name not in _IDENTITY | {"metadata"}}
    metadata = {name: value for name, value in obj["metadata"].items() if name not in _IDENTITY}
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": obj["apiVersion"],
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": _fields({"metadata": metadata, **contents}),
    }


def _fields(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {f"f:{name}": _fields(within) for name, within in value.items()}


def without_left_out(stored: Any, before: dict[str, Any], now: dict[str, Any]) -> Any:
    """`stored` without what was applied `before` and is not `now`, both as `fieldsV1`."""
    if not isinstance(stored, dict):
        return stored
    gone = {name.removeprefix("f:") for name in before.keys() - now.keys()}
    return {
        name: without_left_out(value, before.get(f"f:{name}", {}), now.get(f"f:{name}", {}))
        for name, value in stored.items()
        if name not in gone
    }
