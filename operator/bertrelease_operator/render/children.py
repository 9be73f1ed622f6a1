"""All children of one version."""

from bertrelease_operator.api.network import Network, Router
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.render.config import render_config
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.policy import render_disruption_budget
from bertrelease_operator.render.routing import render_destination_rule
from bertrelease_operator.render.service import render_version_service
from bertrelease_operator.render.workload import render_deployment


def render_version(record: BertRevisionSpec, replicas: int, owner: Owner, network: Network) -> list[KubeObject]:
    """In the order in which they are best written: what pods and proxies need to know before the pods.

    `owner` is the version's BertRevision. What a version runs comes from its record alone; only `replicas` and
    `network` follow the release as it is now.
    """
    # Only Istio has words for it.
    treatment = [render_destination_rule(record, owner, network)] if network.router is Router.ISTIO else []
    return [
        render_config(record, owner),
        *treatment,
        render_version_service(record, owner, network),
        render_disruption_budget(record, owner),
        render_deployment(record, replicas, owner),
    ]
