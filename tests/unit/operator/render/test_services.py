"""Who is reached under which name."""

from bertrelease_operator.api.network import Network
from bertrelease_operator.render.service import render_preview_service, render_root_service, render_version_service
from tests.unit.operator.render.samples import LABELS, RELEASE, REVISION, SELECTOR, VERSION, VERSION_LABELS, record


def test_the_service_of_a_version_selects_its_pods_alone() -> None:
    service = render_version_service(record(), REVISION, Network())
    assert service["metadata"]["name"] == "fill-mask-v1-2-0-3f2a9c1"
    assert service["metadata"]["labels"] == VERSION_LABELS
    assert service["spec"]["selector"] == SELECTOR


def test_the_root_service_has_the_releases_name_and_selects_the_stable_versions_pods() -> None:
    service = render_root_service(RELEASE, VERSION, Network())
    assert service["metadata"]["name"] == "fill-mask"
    assert service["spec"]["selector"] == SELECTOR


def test_the_root_service_belongs_to_no_version() -> None:
    # Its EndpointSlices carry its labels, and would count as the version's own.
    assert render_root_service(RELEASE, VERSION, Network())["metadata"]["labels"] == LABELS


def test_the_preview_service_selects_the_candidates_pods_and_belongs_to_no_version_either() -> None:
    service = render_preview_service(RELEASE, VERSION, Network())
    assert service["metadata"]["name"] == "fill-mask-preview"
    assert [owner["uid"] for owner in service["metadata"]["ownerReferences"]] == [RELEASE.uid]
    assert service["metadata"]["labels"] == LABELS
    assert service["spec"]["selector"] == SELECTOR


def test_services_listen_on_the_releases_port_and_say_that_it_is_http() -> None:
    port = {"name": "http", "port": 8000, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    network = Network(port=8000)
    assert render_root_service(RELEASE, VERSION, network)["spec"]["ports"] == [port]
    assert render_version_service(record(), REVISION, network)["spec"]["ports"] == [port]
