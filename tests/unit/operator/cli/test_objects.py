import pytest

from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Capacity, Release, capacities
from tests.unit.operator.cli.builders import deployment_manifest, manifest


def test_fields_of_a_younger_operator_are_passed_over() -> None:
    found = manifest({"phase": "Healthy", "mood": "sunny"}, weather={"wind": 3})
    assert Release.of(found).status.phase == "Healthy"


def test_a_release_without_a_status_is_pending() -> None:
    found = manifest()
    del found["status"]
    del found["metadata"]["annotations"]
    assert Release.of(found).status.phase == "Pending"
    assert Release.of(found).command is None


def test_a_value_that_this_plugin_does_not_know_is_named_with_its_place() -> None:
    with pytest.raises(CliError, match=r"cannot read BertRelease fill-mask: phase: .*plugin of the same release"):
        Release.of(manifest({"phase": "Levitating"}))


def test_capacity_is_read_from_the_deployments_that_carry_a_version() -> None:
    foreign = {"metadata": {"name": "other"}}
    fresh = {"metadata": {"labels": {"bertrelease.io/version": "v1.2.0"}}, "spec": {"replicas": 2}}
    found = capacities([deployment_manifest("v1.1.0", 3, 2), foreign, fresh])
    assert found == {"v1.1.0": Capacity(3, 2), "v1.2.0": Capacity(2, 0)}
