"""The generated files: in step with the models, structural, bounded, and complete."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bertrelease_operator.api.crd import __main__ as command
from bertrelease_operator.api.crd.files import generated_files, outdated
from bertrelease_operator.api.crd.reference import reference
from bertrelease_operator.api.crd.resources import RESOURCES, Resource, custom_resource_definition, resource_schema
from bertrelease_operator.api.crd.rules import RELEASE_RULES, REVISION_RULES
from bertrelease_operator.api.crd.schema import Schema

ROOT = Path(__file__).parents[4]
by_kind = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)


def _nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _nodes(child, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            yield from _nodes(schema[keyword], f"{path}[]")


def test_the_committed_files_are_those_that_the_models_make() -> None:
    assert list(outdated(generated_files(), ROOT)) == []


def test_check_names_what_is_out_of_date_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["crd", f"--root={tmp_path}"])
    assert command.main() == 0
    edited = tmp_path / "crds" / "bertreleases.bertrelease.io.yaml"
    edited.write_text(edited.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")

    monkeypatch.setattr("sys.argv", ["crd", "--check", f"--root={tmp_path}"])
    assert command.main() == 1
    assert capsys.readouterr().err == (
        "crds/bertreleases.bertrelease.io.yaml does not match the models: run `make crds` and commit it\n"
    )
    assert edited.read_text(encoding="utf-8").endswith("# by hand\n")


def test_check_is_content_with_what_was_just_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["crd", f"--root={tmp_path}"])
    assert command.main() == 0
    monkeypatch.setattr("sys.argv", ["crd", "--check", f"--root={tmp_path}"])
    assert command.main() == 0
    assert capsys.readouterr().err == ""


@by_kind
def test_every_node_has_one_type_and_nothing_that_only_json_schema_knows(resource: Resource) -> None:
    for path, node in _nodes(resource_schema(resource)):
        assert "type" in node or node.get("x-kubernetes-int-or-string"), path
        assert not {"$ref", "anyOf", "title", "pattern", "const", "nullable"} & set(node), path


@by_kind
def test_everything_below_spec_is_bounded_so_that_rules_stay_affordable(resource: Resource) -> None:
    for path, node in _nodes(resource_schema(resource)["properties"]["spec"]):
        if node.get("type") == "string" and "enum" not in node:
            assert "maxLength" in node, path
        if "items" in node:
            assert "maxItems" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


@by_kind
def test_every_field_is_described(resource: Resource) -> None:
    schema = resource_schema(resource)
    for part in ("spec", "status"):
        for path, node in _nodes(schema["properties"][part], part):
            assert path.endswith("[]") or node.get("description"), path


@by_kind
def test_a_status_is_a_subresource(resource: Resource) -> None:
    (version,) = custom_resource_definition(resource)["spec"]["versions"]
    assert version["subresources"] == {"status": {}}


def test_every_message_is_a_single_line_that_the_api_server_takes() -> None:
    rules = [rule for rules in (*RELEASE_RULES.values(), *REVISION_RULES.values()) for rule in rules]
    assert rules
    assert all("\n" not in rule.message and len(rule.message) <= 2048 for rule in rules)


def test_the_reference_names_every_field_and_every_refusal() -> None:
    text = reference(RESOURCES)
    for resource in RESOURCES:
        schema = resource_schema(resource)
        for part in ("spec", "status"):
            for name in schema["properties"][part]["properties"]:
                assert f"`{name}`" in text
        for _, node in _nodes(schema):
            assert all(rule["message"] in text for rule in node.get("x-kubernetes-validations", []))


def test_manifests_are_plain_yaml_without_anchors() -> None:
    for path, text in generated_files().items():
        if path.endswith(".yaml"):
            assert yaml.safe_load(text)["kind"] == "CustomResourceDefinition"
            assert "&id" not in text
