"""The autoscaler of one version, of the kind that the release asks for."""

from collections.abc import Callable, Mapping
from typing import Final

from bertrelease_operator.api.autoscaling import AutoscalerKind, Autoscaling
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.pod_autoscaler import render_horizontal_pod_autoscaler
from bertrelease_operator.render.scaled_object import render_scaled_object

_Renderer = Callable[[BertRevisionSpec, Autoscaling, ReplicaRange, Owner], KubeObject]

_RENDERERS: Final[Mapping[AutoscalerKind, _Renderer]] = {
    AutoscalerKind.HPA: render_horizontal_pod_autoscaler,
    AutoscalerKind.KEDA: render_scaled_object,
}


def render_autoscaler(
    record: BertRevisionSpec, autoscaling: Autoscaling, replicas: ReplicaRange, owner: Owner
) -> KubeObject:
    """Moves the version's Deployment between the bounds of `replicas`."""
    return _RENDERERS[autoscaling.kind](record, autoscaling, replicas, owner)
