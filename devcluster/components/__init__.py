"""The programs of a cluster, each in a module of its own, and which profile runs which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from devcluster.components import (
    containerd,
    coredns,
    etcd,
    gateway,
    istiod,
    kube_apiserver,
    kube_controller_manager,
    kube_proxy,
    kube_scheduler,
    kubelet,
    prometheus,
    resources,
    sidecars,
)
from devcluster.components.base import ADMIN, Component, Site
from devcluster.errors import DevClusterError
from devcluster.pki import Identity

Profile = Literal["full", "sidecars", "control-plane"]

_CONTROL_PLANE = (
    etcd.component,
    kube_apiserver.component,
    kube_controller_manager.component,
    resources.istio_crds,
)
_NODE = (
    kube_scheduler.component,
    containerd.component,
    containerd.pause_image,
    kubelet.component,
    kube_proxy.component,
    resources.permissions,
    coredns.component,
    resources.gateway_api_crds,
)
_MAKERS: Mapping[Profile, tuple[Callable[[Site], Component], ...]] = {
    "full": (
        *(*_CONTROL_PLANE, *_NODE),
        istiod.component,
        resources.gateway_service,
        gateway.component,
        prometheus.component,
    ),
    # Without a gateway: the one here is no part of a mesh whose members know each other by certificates.
    "sidecars": (
        *(*_CONTROL_PLANE, *_NODE),
        sidecars.image,
        sidecars.service,
        sidecars.injector,
        istiod.component_for_sidecars,
    ),
    "control-plane": _CONTROL_PLANE,
}
# Identities whose kubeconfig a component, or a person, uses.
_API_CLIENTS = (
    Identity(ADMIN, user="admin", group="system:masters"),
    kube_controller_manager.IDENTITY,
    kube_scheduler.IDENTITY,
    kube_proxy.IDENTITY,
    coredns.IDENTITY,
    istiod.IDENTITY,
    prometheus.IDENTITY,
)


def components_of(site: Site, profile: Profile, without: Iterable[str] = ()) -> list[Component]:
    """The components of a profile, those left out excepted, together with everything that needs them.

    Raises DevClusterError for a name that the profile does not have.
    """
    chosen = {component.name: component for component in (make(site) for make in _MAKERS[profile])}
    for name in without:
        if name not in chosen:
            raise DevClusterError(f"there is no component {name!r}; the {profile} profile has {', '.join(chosen)}")
    left_out = set(without)
    while dependants := {
        name for name, component in chosen.items() if name not in left_out and left_out & set(component.needs)
    }:
        left_out |= dependants
    return [component for name, component in chosen.items() if name not in left_out]


def api_clients(site: Site) -> list[str]:
    """The identities that get a kubeconfig."""
    return [identity.file for identity in (*_API_CLIENTS, *kubelet.identities(site))]


def identities_of(site: Site) -> list[Identity]:
    """Every identity that gets a certificate."""
    return [*_API_CLIENTS, *kubelet.identities(site), *kube_apiserver.identities(site)]
