"""etcd: where the API server keeps everything. Only it can reach this port, inside the namespace."""

from __future__ import annotations

from devcluster.components.base import Component, Site
from devcluster.readiness import listens

CLIENT_PORT = 2379
URL = f"http://127.0.0.1:{CLIENT_PORT}"


def component(site: Site) -> Component:
    return Component(
        name="etcd",
        command=(
            site.program("etcd"),
            f"--data-dir={site.paths.data / 'etcd'}",
            f"--listen-client-urls={URL}",
            f"--advertise-client-urls={URL}",
            "--listen-peer-urls=http://127.0.0.1:2380",
            # The data need not survive a power cut, and waiting for the disk would slow every write.
            "--unsafe-no-fsync",
            "--log-level=warn",
        ),
        ready=listens(CLIENT_PORT),
    )
