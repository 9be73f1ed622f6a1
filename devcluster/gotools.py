"""Building the cluster's programs from pinned Go modules, once, into the cache."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devcluster.commands import run, stream
from devcluster.gotoolchain import find_go
from devcluster.locks import exclusive
from devcluster.progress import Reporter, Step

SOURCES = Path(__file__).parent / "tools"


@dataclass(frozen=True)
class Family:
    """Programs that come from one Go module and are built together.

    `packages` maps the program's name to its Go package; `tags` and `variables` (linker -X) are as upstream
    builds them, less what a dev cluster has no use for. `assets` maps the name of a file or directory to the module
    and the path in it where that comes from.
    """

    name: str
    packages: Mapping[str, str]
    tags: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def source(self) -> Path:
        return SOURCES / self.name

    @property
    def linker_flags(self) -> str:
        return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in self.variables.items())])


KUBERNETES = Family(
    "kubernetes",
    {
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in (
            "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl",
        )
    },
    # Without it the server's version is v0.0.0-master, which clients cannot compare.
    variables={"k8s.io/component-base/version.gitVersion": "v1.36.3"},
)  # fmt: skip
ETCD = Family("etcd", {"etcd": "go.etcd.io/etcd/server/v3"})
CONTAINERD = Family(
    "containerd",
    {
        name: f"github.com/containerd/containerd/v2/cmd/{name}"
        for name in ("containerd", "containerd-shim-runc-v2", "ctr")
    },
    tags="no_btrfs,no_devmapper,no_zfs",
)
ISTIO = Family(
    "istio",
    {name: f"istio.io/istio/pilot/cmd/{name}" for name in ("pilot-agent", "pilot-discovery")},
    assets={
        "crds.yaml": ("istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"),
        # What istiod's own chart says of sidecars, and what their Envoys begin with.
        "chart": ("istio.io/istio", "manifests/charts/istio-control/istio-discovery"),
        "envoy_bootstrap.json": ("istio.io/istio", "tools/packaging/common/envoy_bootstrap.json"),
        "gateway-api": ("sigs.k8s.io/gateway-api", "config/crd/standard"),
    },
)
COREDNS = Family("coredns", {"coredns": "github.com/coredns/coredns"})
PROMETHEUS = Family(
    "prometheus",
    {"prometheus": "github.com/prometheus/prometheus/cmd/prometheus"},
    tags="remove_all_sd,enable_kubernetes_sd",
    variables={"github.com/prometheus/common/version.Version": "3.15.0"},
)
HELM = Family("helm", {"helm": "helm.sh/helm/v4/cmd/helm"})
PAUSE = Family("pause", {"pause": "devcluster.local/tools/pause"})

FAMILIES = (KUBERNETES, ETCD, CONTAINERD, ISTIO, COREDNS, PROMETHEUS, HELM, PAUSE)


def family_key(family: Family) -> str:
    """A digest over everything of ours that decides what the programs are."""
    digest = hashlib.sha256()
    for file in sorted(family.source.iterdir()):
        digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    digest.update(repr((sorted(family.packages.items()), family.tags, family.linker_flags)).encode())
    for asset in sorted(family.assets.items()):
        digest.update(repr(asset).encode())
    return digest.hexdigest()[:16]


def family_dir(cache: Path, family: Family) -> Path:
    return cache / "programs" / family.name / family_key(family)


def build_all(cache: Path, reporter: Reporter) -> None:
    """Build what the cache lacks. Two processes at once build each family only once.

    Raises CommandError with the compiler's last words when a build fails.
    """
    missing = [family for family in FAMILIES if not family_dir(cache, family).exists()]
    if not missing:
        return
    go = find_go(cache)
    for family in missing:
        with reporter.step(f"build {', '.join(family.packages)}") as step, exclusive(cache / "programs" / family.name):
            if not family_dir(cache, family).exists():
                _build(cache, family, go, step)


def toolbox(cache: Path) -> Path:
    """One directory that holds every program, for PATH; links into the cache."""
    key = hashlib.sha256("".join(family_key(family) for family in FAMILIES).encode()).hexdigest()[:16]
    directory = cache / "programs" / "all" / key
    if directory.exists():
        return directory
    with exclusive(directory.parent):
        if not directory.exists():
            draft = Path(tempfile.mkdtemp(dir=directory.parent))
            draft.chmod(0o755)
            for family in FAMILIES:
                for name in family.packages:
                    (draft / name).symlink_to(family_dir(cache, family) / name)
            draft.rename(directory)
    return directory


def _build(cache: Path, family: Family, go: Path, step: Step) -> None:
    packages = list(family.packages.values())
    options = ["-tags", family.tags, "-trimpath", "-buildvcs=false", "-ldflags", family.linker_flags]
    listing = run([go, "list", "-deps", "-tags", family.tags, *packages], cwd=family.source, env=_ENVIRONMENT)
    step.expect(listing.count("\n"))
    target = family_dir(cache, family)
    draft = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        command = ["nice", str(go), "build", "-v", *options, "-o", f"{draft}/", *packages]
        stream(command, step.advance, cwd=family.source, env=_ENVIRONMENT)
        for name, package in family.packages.items():
            (draft / default_program_name(package)).rename(draft / name)
        for name, (module, path) in family.assets.items():
            module_dir = run([go, "list", "-m", "-f", "{{.Dir}}", module], cwd=family.source, env=_ENVIRONMENT)
            _copy(Path(module_dir.strip()) / path, draft / name)
        draft.chmod(0o755)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """Files of modules are read-only; these are not, so that they can be deleted like others."""
    if not source.is_dir():
        shutil.copyfile(source, target)
        return
    target.mkdir()
    for entry in source.iterdir():
        _copy(entry, target / entry.name)


def default_program_name(package: str) -> str:
    """The name that `go build` gives a program: the last element of its path that is no major version."""
    return next(part for part in reversed(package.split("/")) if not re.fullmatch(r"v\d+", part))


_ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
