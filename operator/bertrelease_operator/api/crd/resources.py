"""The two CustomResourceDefinitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bertrelease_operator.api import names
from bertrelease_operator.api.crd.rule import ITEMS, Path, Rule
from bertrelease_operator.api.crd.rules import RELEASE_RULES, REVISION_RULES
from bertrelease_operator.api.crd.schema import Schema, structural_schema
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus


@dataclass(frozen=True, slots=True)
class Column:
    """What `kubectl get` shows; `wide` ones with `-o wide` only."""

    name: str
    json_path: str
    description: str
    type: str = "string"
    wide: bool = False

    def as_printer_column(self) -> dict[str, Any]:
        """An entry of `additionalPrinterColumns`."""
        return {
            "name": self.name,
            "jsonPath": self.json_path,
            "description": self.description,
            "type": self.type,
            "priority": int(self.wide),
        }


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind, as a person and the API server know it."""

    kind: str
    plural: str
    short_name: str
    description: str
    spec: type[BaseModel]
    status: type[BaseModel]
    rules: Mapping[Path, list[Rule]]
    columns: tuple[Column, ...]
    selectable: tuple[str, ...]

    @property
    def crd_name(self) -> str:
        """`bertreleases.bertrelease.io`."""
        return f"{self.plural}.{names.GROUP}"


_AGE = Column("Age", ".metadata.creationTimestamp", "Time since it was created.", type="date")

RELEASE = Resource(
    kind=names.RELEASE_KIND,
    plural=names.RELEASE_PLURAL,
    short_name="brel",
    description="A model service, the version of it that should serve, and how that version takes over.",
    spec=BertReleaseSpec,
    status=BertReleaseStatus,
    rules=RELEASE_RULES,
    columns=(
        Column("Version", ".spec.version", "The version asked for."),
        Column("Stable", ".status.stable", "The version that serves."),
        Column("Phase", ".status.phase", "What is going on."),
        Column("Weights", ".status.weights.applied", "Percent of the traffic by version."),
        _AGE,
        Column("Message", ".status.message", "Why, in a sentence."),
        Column("Candidate", ".status.rollout.version", "The version on its way.", wide=True),
        Column("Stage", ".status.rollout.stage", "How far it has come.", wide=True),
        Column("Paused", ".spec.paused", "Whether a person froze it.", type="boolean", wide=True),
    ),
    selectable=(".spec.version", ".status.phase"),
)

REVISION = Resource(
    kind=names.REVISION_KIND,
    plural=names.REVISION_PLURAL,
    short_name="brev",
    description="The record of one version: what it was, where it served, and the verdict on it.",
    spec=BertRevisionSpec,
    status=BertRevisionStatus,
    rules=REVISION_RULES,
    columns=(
        Column("Release", ".spec.release", "The BertRelease that it belongs to."),
        Column("Version", ".spec.version", "The version."),
        Column("Verdict", ".status.verdict", "What the evidence said."),
        Column("Reason", ".status.reason", "Why, in a word."),
        _AGE,
        Column("Served-From", ".status.servedFrom", "When it last began to serve.", type="date", wide=True),
        Column("Served-Until", ".status.servedUntil", "When it last stopped serving.", type="date", wide=True),
        Column("Image", ".spec.image.repository", "The image's repository.", wide=True),
        Column("Message", ".status.message", "Why, in a sentence.", wide=True),
    ),
    selectable=(".spec.release", ".spec.version", ".status.verdict"),
)

RESOURCES = (RELEASE, REVISION)


def custom_resource_definition(resource: Resource) -> dict[str, Any]:
    """The manifest, complete with schema, rules and columns."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": resource.crd_name,
            "labels": {"app.kubernetes.io/part-of": names.MANAGED_BY},
            # `helm uninstall` must not take everybody's releases with it.
            "annotations": {"helm.sh/resource-policy": "keep"},
        },
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                "shortNames": [resource.short_name],
                "categories": ["bert"],
            },
            "versions": [
                {
                    "name": names.API_VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [column.as_printer_column() for column in resource.columns],
                    "selectableFields": [{"jsonPath": path} for path in resource.selectable],
                    "schema": {"openAPIV3Schema": resource_schema(resource)},
                }
            ],
        },
    }


def resource_schema(resource: Resource) -> Schema:
    """The schema of the whole object, rules included."""
    schema: Schema = {
        "type": "object",
        "description": resource.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural_schema(resource.spec, defaults=True),
            "status": structural_schema(resource.status, defaults=False),
        },
    }
    for path, rules in resource.rules.items():
        node = _node_at(schema, path)
        node.setdefault("x-kubernetes-validations", []).extend(rule.as_validation() for rule in rules)
    return schema


def _node_at(schema: Schema, path: Path) -> Schema:
    for step in path:
        schema = schema["items"] if step == ITEMS else schema["properties"][step]
    return schema
