"""What holds for every release, version and record that the API accepts."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bertrelease_operator.api.autoscaling import AutoscalerKind, Autoscaling
from bertrelease_operator.api.names import RELEASE_KIND, REVISION_KIND, child_name
from bertrelease_operator.api.network import Caller, MutualTls, Network, Retries, Router
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.version import MAX_RELEASE_NAME, VERSION_PATTERN
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.steering import Mirroring, Steering
from bertrelease_operator.render.autoscalers import render_autoscaler
from bertrelease_operator.render.children import render_version
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.policies import render_policies
from bertrelease_operator.render.revision import render_revision
from bertrelease_operator.render.route_note import parse_note, render_note
from bertrelease_operator.render.routers import ROUTE_FORMATS, RouteFormat
from bertrelease_operator.render.routing import render_route
from bertrelease_operator.render.service import render_root_service
from tests.unit.operator.render.pod_security import violations

AUTOSCALING = [Autoscaling(kind=kind, max_replicas=1000, cpu_utilization_percent=60) for kind in AutoscalerKind]
DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")

releases = st.from_regex(rf"[a-z]([-a-z0-9]{{0,{MAX_RELEASE_NAME - 2}}}[a-z0-9])?", fullmatch=True)
versions = st.from_regex(VERSION_PATTERN[1:-1], fullmatch=True)
words = st.from_regex(r"[a-z]([-a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
digests = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
cores = st.integers(1, 64_000).map(lambda millicores: f"{millicores}m") | st.integers(1, 64)
callers = st.builds(Caller, namespace=words, service_account=st.none() | words)
route_formats = st.sampled_from([*ROUTE_FORMATS.values()])
networks = st.builds(
    Network,
    router=st.sampled_from(Router),
    port=st.integers(1, 65_535),
    hosts=st.lists(words, max_size=3, unique=True),
    mtls=st.none() | st.sampled_from(MutualTls),
    callers=st.lists(callers, max_size=3),
    timeout_seconds=st.none() | st.floats(0.1, 3600),
    retries=st.builds(Retries, attempts=st.integers(0, 5)),
)
steerings = st.builds(
    Steering,
    mirroring=st.none() | st.builds(Mirroring, version=versions, percent=st.integers(1, 100)),
)
notes = st.builds(
    RouteNote,
    changed_at=st.floats(0, 4e9),
    reason=st.text(max_size=20),
    message=st.text(max_size=200),
    rejected=st.none() | versions,
    stopped=st.none() | versions,
    attempt=st.integers(0, 9),
    steering=steerings,
)


@st.composite
def weight_maps(draw: st.DrawFn) -> dict[str, int]:
    """Percent by version, summing to 100, none of them 0."""
    chosen = draw(st.lists(versions, min_size=1, max_size=4, unique=True))
    count = len(chosen) - 1
    cuts = sorted(draw(st.lists(st.integers(1, 99), min_size=count, max_size=count, unique=True)))
    return {version: end - begin for version, begin, end in zip(chosen, [0, *cuts], [*cuts, 100], strict=True)}


def _some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the fields; what is left out has its default."""
    return st.fixed_dictionaries({}, optional=fields)


model_sources = st.just({"kind": "image"}) | st.fixed_dictionaries(
    {"kind": st.just("volume"), "claimName": words, "path": st.sampled_from(["/bundle", "/bundles/a", "/srv/模型"])}
)
pod_templates = _some(
    {
        "labels": st.dictionaries(words, words, max_size=3),
        "annotations": st.dictionaries(words, st.text(max_size=20), max_size=3),
        "nodeSelector": st.dictionaries(words, words, max_size=3),
        "serviceAccountName": words,
        "terminationGracePeriodSeconds": st.integers(31, 3600),
    }
)
records = st.fixed_dictionaries(
    {
        "release": releases,
        "version": versions,
        "image": st.fixed_dictionaries(
            {"repository": words},
            optional={"digest": digests, "pullSecrets": st.lists(words, max_size=3, unique=True)},
        ),
        "model": st.fixed_dictionaries(
            {"name": st.text(min_size=1, max_size=20)}, optional={"source": model_sources, "fingerprint": digests}
        ),
    },
    optional={
        "config": _some({"queueSize": st.integers(1, 10_000), "drainSeconds": st.integers(0, 30)}),
        "resources": _some({"requests": st.dictionaries(st.just("cpu"), cores), "limits": st.just({})}),
        "podTemplate": pod_templates,
    },
).map(BertRevisionSpec.model_validate)


def _release(name: str) -> Owner:
    return Owner(RELEASE_KIND, name, "nlp", "1")


def _children(record: BertRevisionSpec, network: Network, replicas: int = 2) -> list[KubeObject]:
    owner = Owner(REVISION_KIND, child_name(record.release, record.version), "nlp", "2")
    autoscalers = [render_autoscaler(record, one, ReplicaRange(replicas, 1001), owner) for one in AUTOSCALING]
    return [*autoscalers, *render_version(record, replicas, owner, network)]


def _everything(record: BertRevisionSpec, network: Network) -> list[KubeObject]:
    release = _release(record.release)
    return [
        render_revision(release, record),
        *_children(record, network),
        *render_policies(release, network),
        render_root_service(release, record.version, network),
        ROUTE_FORMATS[network.router].render(release, {record.version: 100}, RouteNote(1.0), network),
    ]


@given(records, networks)
def test_every_pod_obeys_the_restricted_pod_security_standard(record: BertRevisionSpec, network: Network) -> None:
    (deployment,) = (obj for obj in _children(record, network) if obj["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    assert list(violations(pod)) == []
    assert pod["automountServiceAccountToken"] is False
    assert all(container["securityContext"]["readOnlyRootFilesystem"] for container in pod["containers"])


@given(records, networks)
def test_every_name_is_a_dns_label_and_every_label_is_valid(record: BertRevisionSpec, network: Network) -> None:
    for obj in _everything(record, network):
        assert DNS_LABEL.fullmatch(obj["metadata"]["name"])
        assert all(LABEL_VALUE.fullmatch(value) for value in obj["metadata"]["labels"].values())


@given(records, networks)
def test_every_deployment_and_service_selects_the_pods_that_it_makes(
    record: BertRevisionSpec, network: Network
) -> None:
    rendered = {obj["kind"]: obj for obj in _children(record, network)}
    labels = rendered["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert rendered["Deployment"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert rendered["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert rendered["Service"]["spec"]["selector"].items() <= labels
    ports = rendered["Deployment"]["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert rendered["Service"]["spec"]["ports"][0]["targetPort"] in {port["name"] for port in ports}


@given(records, networks)
def test_no_image_floats(record: BertRevisionSpec, network: Network) -> None:
    (deployment,) = (obj for obj in _children(record, network) if obj["kind"] == "Deployment")
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith(f":{record.version}") or re.search(r"@sha256:[0-9a-f]{64}$", image)


@given(records, networks)
def test_nothing_empty_is_rendered_outside_of_the_record(record: BertRevisionSpec, network: Network) -> None:
    for obj in _everything(record, network)[1:]:
        assert list(_empty_fields(obj)) == []


def _empty_fields(value: Any, path: str = "") -> list[str]:
    if value in (None, {}, []):
        return [path]
    if isinstance(value, dict):
        return [field for name, item in value.items() for field in _empty_fields(item, f"{path}.{name}")]
    if isinstance(value, list):
        return [field for index, item in enumerate(value) for field in _empty_fields(item, f"{path}[{index}]")]
    return []


@given(records, networks)
def test_rendering_is_repeatable_and_what_was_stored_as_rendered_has_not_drifted(
    record: BertRevisionSpec, network: Network
) -> None:
    for first, second in zip(_everything(record, network), _everything(record, network), strict=True):
        assert first == second
        assert differs(first, json.loads(json.dumps(second))) is None


@given(records, networks, st.integers(0, 1000))
def test_the_replicas_are_as_decided_and_any_other_number_is_a_drift(
    record: BertRevisionSpec, network: Network, replicas: int
) -> None:
    deployment = _children(record, network, replicas)[-1]
    assert deployment["spec"]["replicas"] == replicas
    assert differs(deployment, _children(record, network, replicas + 1)[-1]) == "spec.replicas"


@given(route_formats, releases, weight_maps(), notes, networks)
def test_weights_and_their_reason_are_read_back_as_written(
    route: RouteFormat, release: str, weights: dict[str, int], note: RouteNote, network: Network
) -> None:
    view = route.parse(route.render(_release(release), weights, note, network))
    assert view.weights == weights
    assert view.note is not None
    assert to_timestamp(view.note.changed_at) == to_timestamp(note.changed_at)
    assert (view.note.reason, view.note.message) == (note.reason, note.message)
    assert (view.note.rejected, view.note.attempt) == (note.rejected, note.attempt)
    assert view.note.steering == note.steering


@given(route_formats, releases, weight_maps(), notes, networks)
def test_a_route_that_was_read_is_written_as_it_is(
    route: RouteFormat, release: str, weights: dict[str, int], note: RouteNote, network: Network
) -> None:
    stored = route.render(_release(release), weights, note, network)
    view = route.parse(stored)
    assert view.note is not None
    assert route.render(_release(release), view.weights, view.note, network) == stored


@given(releases, weight_maps(), networks)
def test_destinations_are_services_of_the_versions_and_weights_make_the_whole(
    release: str, weights: dict[str, int], network: Network
) -> None:
    route = render_route(_release(release), weights, RouteNote(1.0), network)
    destinations = route["spec"]["http"][0]["route"]
    hosts = {f"{child_name(release, version)}.nlp.svc.cluster.local" for version in weights}
    assert {destination["destination"]["host"] for destination in destinations} == hosts
    assert sum(destination["weight"] for destination in destinations) == 100


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_annotation_breaks_the_reading_of_a_route(text: str) -> None:
    note = parse_note(text)
    assert note is None or parse_note(render_note(note)) == note


@given(st.floats(0, 4e9))
def test_the_time_of_a_change_is_kept_to_the_microsecond(changed_at: float) -> None:
    note = parse_note(render_note(RouteNote(changed_at)))
    assert note is not None
    assert note.changed_at == to_epoch(to_timestamp(changed_at))
