"""How many of a version's pods may be away at once for a reason of the cluster's own, such as a node's upgrade."""

from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.render.metadata import KubeObject, Owner, pod_selector, version_metadata


def render_disruption_budget(record: BertRevisionSpec, owner: Owner) -> KubeObject:
    """One pod at a time, whatever the number of replicas.

    Counting those away instead of those present never blocks the drain of a node: not with one replica, and not
    with pods that never become ready, which may always be evicted.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": version_metadata(owner, record.release, record.version),
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": pod_selector(record.release, record.version)},
        },
    }
