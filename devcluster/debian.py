"""The packages that come from Debian."""

from __future__ import annotations

import shutil
from pathlib import Path

from devcluster.commands import run
from devcluster.errors import CommandError, DevClusterError
from devcluster.progress import Reporter

CNI_PLUGINS = Path("/usr/lib/cni")

# The file that shows a package to be there, and the package.
PACKAGES = {
    "buildah": "buildah",
    "conntrack": "conntrack",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "iptables": "iptables",
    "mount": "mount",
    "nft": "nftables",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "runc": "runc",
    f"{CNI_PLUGINS}/ptp": "containernetworking-plugins",
}


def missing_packages() -> list[str]:
    return sorted(package for program, package in PACKAGES.items() if shutil.which(program) is None)


def install_missing(reporter: Reporter) -> None:
    """Install what is missing with apt-get. Raises DevClusterError that says how to do it by hand."""
    missing = missing_packages()
    if not missing:
        return
    with reporter.step(f"install from Debian: {', '.join(missing)}"):
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            run(["apt-get", "update", "--quiet"], env=environment)
            run(["apt-get", "install", "--yes", "--no-install-recommends", *missing], env=environment)
        except CommandError as error:
            raise DevClusterError(
                f"installing from Debian failed; run `apt-get install {' '.join(missing)}` by hand, "
                f"then again `python -m devcluster build`\n{error}"
            ) from error
