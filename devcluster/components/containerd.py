"""containerd with its CRI plugin, Debian's runc and a point-to-point pod network."""

from __future__ import annotations

import json
from pathlib import Path

from devcluster.components.base import Component, Site
from devcluster.debian import CNI_PLUGINS
from devcluster.readiness import accepts

NAME = "containerd"
PAUSE_IMAGE = "localhost/devcluster-pause:1"
# As the programs inside the cluster's mount namespace see it.
SOCKET = Path("/run/containerd/containerd.sock")


def render_config(site: Site) -> str:
    runtime = "plugins.'io.containerd.cri.v1.runtime'"
    return f"""\
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.tracing"]

[grpc]
  address = "{SOCKET}"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "{PAUSE_IMAGE}"

[{runtime}]
  # Raising a process's place in the kernel's out-of-memory order takes CAP_SYS_RESOURCE, which a
  # container or virtual machine may lack.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

[{runtime}.cni]
  bin_dirs = ["{CNI_PLUGINS}"]
  conf_dir = "{_cni_directory(site)}"

[{runtime}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [{runtime}.containerd.runtimes.runc.options]
    SystemdCgroup = false
"""


def render_pod_network(site: Site) -> str:
    """Each pod gets a link of its own and is reached by a route.

    On a shared bridge the answers of a ClusterIP could bypass the translation back; routed, they never do.
    """
    ipam = {
        "type": "host-local",
        "ranges": [[{"subnet": str(site.network.pod_cidr)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    plugins = [{"type": "ptp", "ipMasq": False, "ipam": ipam}]
    return json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": plugins}, indent=2)


def component(site: Site) -> Component:
    config = site.paths.config / "containerd.toml"
    return Component(
        name=NAME,
        command=(site.program("containerd"), f"--config={config}", "--log-level=warn"),
        files={
            config: render_config(site),
            _cni_directory(site) / "pods.conflist": render_pod_network(site),
        },
        ready=accepts(site.paths.containerd_socket),
    )


def pause_image(site: Site) -> Component:
    """One-shot: the image that holds pods' namespaces."""
    return image("pause-image", site, site.pause_archive)


def image(name: str, site: Site, archive: Path) -> Component:
    """One-shot: the node has the image."""
    ctr = (site.program("ctr"), f"--address={SOCKET}", "--namespace=k8s.io")
    return Component(name=name, command=(*ctr, "images", "import", str(archive)), needs=(NAME,))


def _cni_directory(site: Site) -> Path:
    return site.paths.config / "cni"
