"""Which files are generated, and their contents."""

from pathlib import Path
from typing import Any

import yaml

from bertrelease_operator.api.crd.reference import reference
from bertrelease_operator.api.crd.resources import RESOURCES, custom_resource_definition

_NOTICE = "# Generated from operator/bertrelease_operator/api by `make crds`; edit the models instead.\n"
# Helm installs a chart's crds/ folder once and never upgrades it, so the chart renders them from files/.
_CRD_FOLDERS = ("crds", "charts/bertrelease/files/crds")


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice twice, instead of once with an anchor."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def generated_files() -> dict[str, str]:
    """Text by path, relative to the root of the repository."""
    manifests = {f"{resource.crd_name}.yaml": _as_yaml(custom_resource_definition(resource)) for resource in RESOURCES}
    files = {f"{folder}/{name}": text for folder in _CRD_FOLDERS for name, text in manifests.items()}
    return {**files, "docs/reference.md": reference(RESOURCES)}


def outdated(files: dict[str, str], root: Path) -> dict[str, str]:
    """Those that are missing below `root`, or differ there."""
    return {path: text for path, text in files.items() if _contents(root / path) != text}


def _contents(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _as_yaml(manifest: dict[str, Any]) -> str:
    return _NOTICE + yaml.dump(manifest, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
