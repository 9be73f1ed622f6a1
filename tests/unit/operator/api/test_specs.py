"""Which specs the models accept; the API server is asked the same in tests/integration."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from bertrelease_operator.api.health import Health
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.strategy import StrategyKind
from tests.unit.operator.api.all_cases import ALL_ACCEPTED, ALL_REFUSED
from tests.unit.operator.api.cases import MINIMAL, Accepted, Refused, changed

_EXAMPLES = Path(__file__).parents[4] / "examples"
EXAMPLES = sorted((_EXAMPLES / "releases").glob("*.yaml"))
PIPELINE = [_EXAMPLES / "pipeline" / f"{stage}.yaml" for stage in ("dev", "test", "staging", "prod")]


@pytest.mark.parametrize("case", ALL_ACCEPTED, ids=lambda case: case.what)
def test_a_good_spec_is_read(case: Accepted) -> None:
    assert BertReleaseSpec.model_validate(case.spec).version == case.spec.get("version")


@pytest.mark.parametrize("case", [case for case in ALL_REFUSED if not case.across_fields], ids=lambda case: case.what)
def test_a_bad_value_is_refused_by_the_models_as_by_the_api_server(case: Refused) -> None:
    with pytest.raises(ValidationError):
        BertReleaseSpec.model_validate(case.spec)


@pytest.mark.parametrize("case", [case for case in ALL_REFUSED if case.across_fields], ids=lambda case: case.what)
def test_what_the_api_server_refuses_across_fields_does_not_stop_the_operator_from_reading(case: Refused) -> None:
    assert BertReleaseSpec.model_validate(case.spec).version == case.spec.get("version")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="trafic"):
        BertReleaseSpec.model_validate(changed(MINIMAL, {"trafic": {}}))


@pytest.mark.parametrize(
    "example", [*EXAMPLES, *sorted((_EXAMPLES / "pipeline").glob("*.yaml"))], ids=lambda path: path.name
)
def test_an_example_is_valid(example: Path) -> None:
    manifest = yaml.safe_load(example.read_text(encoding="utf-8"))
    assert BertReleaseSpec.model_validate(manifest["spec"]).replicas > 0


def test_there_are_examples() -> None:
    assert {"quickstart.yaml", "canary.yaml"} <= {path.name for path in EXAMPLES}


def test_there_is_an_example_of_every_strategy() -> None:
    specs = [yaml.safe_load(example.read_text(encoding="utf-8"))["spec"] for example in EXAMPLES]
    assert {spec["strategy"]["kind"] for spec in specs if "strategy" in spec} == set(StrategyKind)
    assert any("traffic" in spec for spec in specs)


def test_each_stage_of_the_example_pipeline_follows_the_one_before_it_and_may() -> None:
    manifests = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PIPELINE]
    for before, stage in pairwise(manifests):
        follows = stage["spec"]["promotion"]["from"]
        assert follows == {"namespace": before["metadata"]["namespace"], "name": before["metadata"]["name"]}
        assert stage["metadata"]["namespace"] in before["spec"]["promotion"]["allowedNamespaces"]
        assert stage["spec"]["promotion"]["soakSeconds"] >= before["spec"]["strategy"]["observationSeconds"]
        assert not {"version", "model", "config"} & stage["spec"].keys()


@pytest.mark.parametrize("name", ["p95LatencyMs", "errorRate", "cpu", "memory", "restarts"])
def test_a_check_that_is_off_is_none(name: str) -> None:
    on = Health.model_validate({name: {}}).model_dump()[name]
    off = Health.model_validate({name: {"enabled": False}}).model_dump()[name]
    assert on["enabled"] is True
    assert off is None


def test_a_comparison_is_off_at_100_percentage_points() -> None:
    health = Health.model_validate({"errorRate": {"maxExtraPercent": 100}, "p95LatencyMs": {"maxExtraSlowPercent": 99}})
    assert health.error_rate is not None
    assert health.error_rate.max_extra_percent is None
    assert health.p95_latency_ms is not None
    assert health.p95_latency_ms.max_extra_slow_percent == 99


def test_a_whole_number_is_a_quantity() -> None:
    spec = BertReleaseSpec.model_validate(changed(MINIMAL, {"resources": {"limits": {"cpu": 2}}}))
    assert spec.resources.limits == {"cpu": "2"}
    with pytest.raises(ValidationError):
        BertReleaseSpec.model_validate(changed(MINIMAL, {"resources": {"limits": {"cpu": True}}}))
