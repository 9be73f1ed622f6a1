"""What a person reads who applies something wrong: the API server's own words, through kubectl."""

from typing import Any

import pytest
import yaml
from pydantic.alias_generators import to_camel

from bertrelease_operator.api import names
from bertrelease_operator.api.release import VERSION_BOUND_FIELDS
from devcluster import Cluster, CommandError
from tests.unit.operator.api.all_cases import ALL_ACCEPTED, ALL_REFUSED
from tests.unit.operator.api.cases import MINIMAL, Accepted, Refused, Spec, changed
from tests.unit.operator.api.promotion_cases import FOLLOWING


def _release(namespace: str, spec: Spec, name: str = "fill-mask") -> str:
    return yaml.safe_dump(
        {
            "apiVersion": names.GROUP_VERSION,
            "kind": names.RELEASE_KIND,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        },
        allow_unicode=True,
    )


def _refusal(cluster: Cluster, manifest: str, *arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        cluster.kubectl("apply", *arguments, "--filename=-", stdin=manifest)
    return refused.value.output.strip()


def _complaints(output: str, name: str = "fill-mask") -> set[str]:
    said = output.removeprefix(f'The BertRelease "{name}" is invalid:')
    assert said != output, output
    return {line.strip().removeprefix("* ") for line in said.strip().splitlines()}


@pytest.mark.parametrize("case", ALL_ACCEPTED, ids=lambda case: case.what)
def test_a_good_spec_is_accepted(api_server: Cluster, case: Accepted) -> None:
    manifest = _release("default", case.spec)
    said = api_server.kubectl("apply", "--dry-run=server", "--filename=-", stdin=manifest)
    assert said == "bertrelease.bertrelease.io/fill-mask created (server dry run)\n"


@pytest.mark.parametrize("case", ALL_REFUSED, ids=lambda case: case.what)
def test_a_bad_spec_is_refused_with_a_sentence(api_server: Cluster, case: Refused) -> None:
    output = _refusal(api_server, _release("default", case.spec), "--dry-run=server")
    assert _complaints(output) == set(case.says)


@pytest.mark.parametrize("name", ["a" * 32, "fill.mask", "1st-model"])
def test_a_name_that_no_service_could_have_is_refused(api_server: Cluster, name: str) -> None:
    output = _refusal(api_server, _release("default", MINIMAL, name), "--dry-run=server")
    assert _complaints(output, name) == {
        "<nil>: Invalid value: a release's name has at most 31 characters, lower-case letters, digits and hyphens, "
        "and begins with a letter: Services are named after it"
    }


def test_a_name_that_is_another_releases_preview_is_refused(api_server: Cluster) -> None:
    output = _refusal(api_server, _release("default", MINIMAL, "bert-preview"), "--dry-run=server")
    assert _complaints(output, "bert-preview") == {
        "<nil>: Invalid value: a release's name must not end in -preview: the preview of another release is called "
        "like that"
    }


def test_kubectl_refuses_an_unknown_field(api_server: Cluster) -> None:
    manifest = _release("default", changed(MINIMAL, {"trafic": {"v1.0.0": 50}}))
    assert 'strict decoding error: unknown field "spec.trafic"' in _refusal(api_server, manifest)


def test_server_side_apply_refuses_an_unknown_field_even_without_validation(api_server: Cluster) -> None:
    manifest = _release("default", changed(MINIMAL, {"trafic": {"v1.0.0": 50}}))
    output = _refusal(api_server, manifest, "--server-side", "--validate=false")
    assert ".spec.trafic: field not declared in schema" in output


_OTHER_CONTENTS: dict[str, dict[str, Any]] = {
    "image": {"tag": "v2"},
    "model": {"name": "another"},
    "config": {"queueSize": 1},
    "resources": {"limits": {"memory": "2Gi"}},
    "probes": {"liveness": {"periodSeconds": 20, "timeoutSeconds": 2, "failureThreshold": 3}},
    "podTemplate": {"affinity": {"nodeAffinity": {"some": "thing"}}},
}


def test_every_version_bound_field_is_tried_below() -> None:
    assert set(_OTHER_CONTENTS) == set(map(to_camel, VERSION_BOUND_FIELDS))


@pytest.mark.parametrize("field", _OTHER_CONTENTS)
def test_contents_change_only_together_with_the_version(api_server: Cluster, namespace: str, field: str) -> None:
    api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, MINIMAL))
    other = changed(MINIMAL, {field: _OTHER_CONTENTS[field]})

    assert _complaints(_refusal(api_server, _release(namespace, other))) == {
        f"spec.{field}: Forbidden: a version never changes: give spec.version a new value together with this change"
    }
    api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, changed(other, {"version": "v1.1.0"})))


@pytest.mark.parametrize("field", _OTHER_CONTENTS)
def test_where_versions_come_from_elsewhere_the_contents_are_a_template(
    api_server: Cluster, namespace: str, field: str
) -> None:
    following = changed(MINIMAL, {**FOLLOWING, "model": {"name": "bert-base-chinese"}})
    api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, following))
    other = changed(following, {field: _OTHER_CONTENTS[field]})
    pinned = changed(other, {"version": "v1.0.0"})
    for spec in (other, pinned, changed(pinned, {"resources": {"limits": {"memory": "9Gi"}}})):
        assert "configured" in api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, spec))


def test_contents_of_another_version_may_be_corrected(api_server: Cluster, namespace: str) -> None:
    api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, changed(MINIMAL, {"image": {"tag": "v9"}})))
    patch = '--patch={"status": {"contentsVersion": "v0.9.0"}}'
    api_server.kubectl(
        f"--namespace={namespace}", "patch", "brel/fill-mask", "--subresource=status", "--type=merge", patch
    )
    said = api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, MINIMAL))
    assert said == "bertrelease.bertrelease.io/fill-mask configured\n"


def test_how_a_release_runs_may_change_at_any_time(api_server: Cluster, namespace: str) -> None:
    api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, MINIMAL))
    free = {
        "replicas": 5,
        "paused": True,
        "strategy": {"observationSeconds": 60},
        "health": {"minimumSample": 10},
        "history": {"keep": 4},
        "network": {"hosts": ["bert.example.org"]},
    }
    said = api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, changed(MINIMAL, free)))
    assert said == "bertrelease.bertrelease.io/fill-mask configured\n"


def test_a_release_keeps_the_router_that_it_began_with(api_server: Cluster, namespace: str) -> None:
    api_server.kubectl("apply", "--filename=-", stdin=_release(namespace, MINIMAL))
    other = _release(namespace, changed(MINIMAL, {"network": {"router": "gatewayAPI"}}))
    assert _complaints(_refusal(api_server, other)) == {
        "spec.network.router: Forbidden: a release keeps the router that it began with, or there would be two routes "
        "for one Service: delete the release and create it anew, or make another one"
    }
