"""docs/reference.md: every field, its default and what is refused, from the very schemas of the CRDs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pydantic.alias_generators import to_camel

from bertrelease_operator.api import names
from bertrelease_operator.api.crd.resources import REVISION, Resource, resource_schema
from bertrelease_operator.api.crd.schema import Schema, structural_schema
from bertrelease_operator.api.release import VERSION_BOUND_FIELDS

_INTRODUCTION = f"""# Reference

Every field of the resources of `{names.GROUP_VERSION}`, generated from the models by `make crds`.
`kubectl explain brel.spec --recursive` shows the same in a terminal.

Bold fields are required in their object. Null is the same as leaving a field out: the default applies.

**Unknown fields** are refused by `kubectl` (its default, `--validate=strict`) and by server-side apply. A client that
asks for neither gets at most a warning, and the API server drops the field: a CRD has no means to forbid that.
"""

# A revision holds these as its release had them.
_RECORDED = {to_camel(name): f"As recorded from BertRelease.spec.{to_camel(name)}." for name in VERSION_BOUND_FIELDS}


def reference(resources: tuple[Resource, ...]) -> str:
    """Markdown."""
    return "\n".join([_INTRODUCTION, *(_kind(resource) for resource in resources)])


def _kind(resource: Resource) -> str:
    spec = structural_schema(resource.spec, defaults=True)
    shared = _RECORDED if resource is REVISION else {}
    parts = [
        f"## {resource.kind}\n",
        f"{resource.description} Short name `{resource.short_name}`, category `bert`.\n",
        f"### {resource.kind}.spec\n",
        _table(spec, with_defaults=True, shared=shared),
        f"### {resource.kind}: what the API server refuses\n",
        _refusals(resource_schema(resource), shared),
        f"### {resource.kind}.status\n",
        _table(structural_schema(resource.status, defaults=False), with_defaults=False),
        f"### {resource.kind}: columns of `kubectl get`\n",
        *(
            f"- **{column.name}**{' (`-o wide`)' if column.wide else ''}: {column.description}"
            for column in resource.columns
        ),
        f"\nField selectors: {', '.join(f'`{path[1:]}`' for path in resource.selectable)}.\n",
    ]
    return "\n".join(parts)


def _table(schema: Schema, *, with_defaults: bool, shared: Mapping[str, str] = MappingProxyType({})) -> str:
    header = ["Field", "Type", "Default", "Meaning"] if with_defaults else ["Field", "Type", "Meaning"]
    lines = [_row(header), _row(["---"] * len(header))]
    for path, node, required in _fields(schema, ""):
        if path.split(".")[0] in shared:
            continue
        name = f"**`{path}`**" if required else f"`{path}`"
        default = [_default(node)] if with_defaults else []
        lines.append(_row([name, _type(node), *default, node.get("description", "")]))
    lines += [_row([f"**`{name}`**", "object", "", meaning]) for name, meaning in shared.items()]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _fields(schema: Schema, prefix: str) -> Iterator[tuple[str, Schema, bool]]:
    for name, node in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, node, name in schema.get("required", [])
        yield from _fields(node, f"{path}.")
        yield from _fields(node.get("items", {}), f"{path}[].")


def _default(node: Schema) -> str:
    """Objects state their defaults field by field, except where these belong together."""
    default = node.get("default")
    if default is None or (isinstance(default, dict) and "properties" in node):
        return ""
    if isinstance(default, dict):
        return ", ".join(f"`{key}: {value}`" for key, value in default.items()) or "none"
    if isinstance(default, list):
        return ", ".join(f"`{_inline(item)}`" for item in default) or "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _inline(item: object) -> str:
    if isinstance(item, dict):
        return ", ".join(f"{key}: {value}" for key, value in item.items())
    return str(item)


def _type(node: Schema) -> str:
    if "enum" in node:
        return "one of " + ", ".join(f"`{value}`" for value in node["enum"])
    if "items" in node:
        return f"list{_size(node, 'Items')} of {_type(node['items'])}"
    if "additionalProperties" in node:
        return f"map{_size(node, 'Properties')} of {_type(node['additionalProperties'])}"
    if node.get("x-kubernetes-int-or-string"):
        return "quantity"
    if node["type"] == "string":
        return str(node.get("format", f"string{_size(node, 'Length')}"))
    return f"{node['type']}{_bounds(node)}"


def _size(node: Schema, what: str) -> str:
    largest = node.get(f"max{what}")
    return f" (at most {largest})" if largest is not None else ""


def _bounds(node: Schema) -> str:
    lower, upper = node.get("minimum"), node.get("maximum")
    words = []
    if lower is not None:
        words.append(f"{'more than' if node.get('exclusiveMinimum') else 'at least'} {lower}")
    if upper is not None:
        words.append(f"{'less than' if node.get('exclusiveMaximum') else 'at most'} {upper}")
    return f" ({', '.join(words)})" if words else ""


def _refusals(schema: Schema, shared: Mapping[str, str]) -> str:
    paths: dict[str, list[str]] = defaultdict(list)
    for path, node in _nodes(schema, ""):
        if path.removeprefix("spec.").split(".")[0] not in shared:
            for rule in node.get("x-kubernetes-validations", []):
                paths[rule["message"]].append(f"{path}{rule.get('fieldPath', '')}".lstrip(".") or "metadata.name")
    lines = [f"- {', '.join(f'`{path}`' for path in where)}: {message}" for message, where in paths.items()]
    return "\n".join(lines) + "\n"


def _nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _nodes(child, f"{path}.{name}" if path else name)
    for keyword, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(keyword), dict):
            yield from _nodes(schema[keyword], f"{path}{suffix}")
