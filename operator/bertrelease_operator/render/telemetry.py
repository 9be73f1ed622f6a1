"""What the sidecars of a release's pods report of its requests."""

from bertrelease_operator.api.names import LABEL_RELEASE
from bertrelease_operator.api.network import Network
from bertrelease_operator.render.metadata import KubeObject, Owner, owned_metadata, release_labels, without_empty


def render_telemetry(release: Owner, network: Network) -> KubeObject | None:
    """None where the mesh's own settings hold."""
    telemetry = network.telemetry
    if telemetry is None:
        return None
    logs = {None: [], True: [{"providers": [{"name": "envoy"}]}], False: [{"disabled": True}]}[telemetry.access_logs]
    sampled = telemetry.tracing_sampling_percent
    return {
        "apiVersion": "telemetry.istio.io/v1",
        "kind": "Telemetry",
        "metadata": owned_metadata(release, release.name, release_labels(release.name)),
        "spec": {
            "selector": {"matchLabels": {LABEL_RELEASE: release.name}},
            **without_empty(
                {
                    "accessLogging": logs,
                    "tracing": [{"randomSamplingPercentage": sampled}] if sampled is not None else [],
                }
            ),
        },
    }
