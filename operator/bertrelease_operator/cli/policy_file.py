"""Files that `replay` reads: the policy to try, and saved BertRevisions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bertrelease_operator.api.names import RELEASE_KIND, REVISION_KIND
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Revision

_SECTIONS: Final = frozenset({"strategy", "health"})


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """`strategy` and `health` of a file; `is_whole`: of a BertRelease, where what is not said is as by default."""

    name: str
    fields: Mapping[str, Any]
    is_whole: bool


def read_policy(path: Path) -> PolicyFile:
    """Raises CliError if it is neither a BertRelease nor a fragment of its spec."""
    document = next(_documents(path), None)
    if not isinstance(document, Mapping):
        raise CliError(f"{path} has no policy: write a BertRelease, or its spec.strategy and spec.health alone")
    is_whole = document.get("kind") == RELEASE_KIND
    spec = document.get("spec", {}) if is_whole or set(document) == {"spec"} else document
    fields = {name: value for name, value in spec.items() if name in _SECTIONS}
    unknown = sorted(set(spec) - _SECTIONS) if not is_whole else []
    if unknown or not (fields or is_whole):
        named = f"{path} has {', '.join(unknown)}: " if unknown else f"{path} has no policy: "
        raise CliError(f"{named}write a BertRelease, or strategy and health alone")
    return PolicyFile(path.name, fields, is_whole)


def read_revisions(path: Path) -> list[Revision]:
    """Of what `kubectl get brev -o yaml` or `-o json` printed. Raises CliError if there are none."""
    manifests = [item for document in _documents(path) for item in _items(document)]
    found = [Revision.of(item) for item in manifests if item.get("kind") == REVISION_KIND]
    if not found:
        raise CliError(f"{path} has no {REVISION_KIND}: save them with `kubectl get brev -o yaml`")
    return found


def _items(document: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(document, Mapping):
        return
    if "items" in document:
        yield from document["items"]
    else:
        yield document


def _documents(path: Path) -> Iterator[Any]:
    """JSON is YAML as well."""
    try:
        yield from list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"cannot read {path}: {error}") from error
    except yaml.YAMLError as error:
        raise CliError(f"{path} is no YAML: {error}") from error
