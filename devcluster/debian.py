"""The packages that come from Debian."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
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


def missing_packages(packages: Mapping[str, str] = PACKAGES) -> list[str]:
    """Of packages by the program or the absolute path that shows each to be there."""
    return sorted({package for sign, package in packages.items() if not _is_there(sign)})


def _is_there(sign: str) -> bool:
    return shutil.which(sign) is not None or (Path(sign).is_absolute() and Path(sign).exists())


def install_missing(reporter: Reporter, packages: Mapping[str, str] = PACKAGES) -> None:
    """Install what is missing with apt-get. Raises DevClusterError that says how to do it by hand."""
    missing = missing_packages(packages)
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
                f"then try again\n{error}"
            ) from error
