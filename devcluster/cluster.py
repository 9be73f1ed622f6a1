"""One cluster and everything that can be done with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from devcluster import baseimage, cgroups, debian, gotools, kubeconfig, mounts, network, preflight, proxyimage
from devcluster.commands import run
from devcluster.components import Profile, api_clients, components_of, identities_of, resources
from devcluster.components.base import Component, Site
from devcluster.components.gateway import HTTP_PORT as GATEWAY_PORT
from devcluster.components.gateway import envoy_program
from devcluster.components.prometheus import PORT as PROMETHEUS_PORT
from devcluster.errors import DevClusterError
from devcluster.images import ImageStore
from devcluster.launcher import Launcher
from devcluster.locks import exclusive
from devcluster.paths import ClusterPaths, cache_dir, state_root
from devcluster.progress import Reporter
from devcluster.settings import Settings, claim, other_clusters
from devcluster.startup import start_all
from devcluster.status import ClusterStatus, describe


class Cluster:
    """The dev cluster called `name`; making the object does nothing yet.

    Raises DevClusterError for a name that does not fit.
    """

    def __init__(self, name: str = "dev", reporter: Reporter | None = None) -> None:
        self.name = name
        self.paths = ClusterPaths.of(name)
        self._cache = cache_dir()
        self._reporter = reporter or Reporter()
        self._images = ImageStore(self._cache, self._reporter)

    # What it offers

    @property
    def kubeconfig(self) -> Path:
        """For the administrator; there once the cluster is up."""
        return self.paths.kubeconfig

    @property
    def node_address(self) -> str:
        return self._site().node_address

    @property
    def gateway_url(self) -> str:
        return f"http://{self.node_address}" + ("" if GATEWAY_PORT == 80 else f":{GATEWAY_PORT}")

    @property
    def prometheus_url(self) -> str:
        return f"http://{self.node_address}:{PROMETHEUS_PORT}"

    @property
    def bin_dir(self) -> Path:
        """The directory with kubectl, helm and the rest, for PATH."""
        return gotools.toolbox(self._cache)

    @property
    def is_up(self) -> bool:
        """Do all its components run?"""
        return self.status().is_up

    # Its life

    def build(self) -> None:
        """Put everything that `up` needs into the cache; quick when it is there.

        Raises PreflightError when this is no Debian or we are not root, DevClusterError when a build fails.
        """
        preflight.require_system()
        debian.install_missing(self._reporter)
        gotools.build_all(self._cache, self._reporter)
        self._images.prepare()

    def up(self, profile: Profile = "full", without: Iterable[str] = ()) -> None:
        """Bring the cluster up, or start what is missing of it; returns when all of it is ready.

        Raises PreflightError when the machine lacks something, StartError when a component does not start,
        and DevClusterError when the cluster is up with other choices.
        """
        self.build()
        if profile == "sidecars":
            self._images.prepare_proxy()
        preflight.require_machine(state_root())
        with exclusive(self.paths.root):
            settings = self._settle(profile, tuple(sorted(without)))
            site = self._site()
            components = components_of(site, settings.profile, settings.without)
            self._prepare(site)
            with self._reporter.step(f"start {self.name}") as step:
                step.expect(len(components))
                start_all(components, self._launcher(site), on_ready=step.advance)

    def down(self) -> None:
        """Remove the cluster and everything of it, whatever state it is in.

        Raises PreflightError when we are not root.
        """
        preflight.require_system()
        with self._reporter.step(f"take {self.name} down"), exclusive(self.paths.root):
            self._clear()
            self.paths.root.rmdir()
            with exclusive(state_root()):
                if not other_clusters(self.name):
                    mounts.remove_mount_points()

    def status(self) -> ClusterStatus:
        if not Settings.load(self.paths.settings):
            return ClusterStatus.absent(self.name)
        site, settings = self._site(), self._settings()
        components = components_of(site, settings.profile, settings.without)
        return describe(site, settings.profile, components, self._launcher(site))

    def stop(self, component: str) -> None:
        """End one component with SIGTERM, as a fault; the others stay."""
        self._launcher(self._site()).stop(self._component(component).name)

    def start(self, component: str) -> None:
        """Start one component and wait until it is ready. Raises StartError when it does not."""
        wanted = self._component(component)
        start_all([wanted], self._launcher(self._site()), on_ready=lambda _: None)

    def restart(self, component: str) -> None:
        self.stop(component)
        self.start(component)

    # Its use

    def install_gateway_api(self) -> None:
        """The CRDs of the Kubernetes Gateway API, which the profile control-plane does not begin with."""
        crds = resources.gateway_api_crds(self._site())
        start_all([crds], self._launcher(self._site()), on_ready=lambda _: None)

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl printed. Raises CommandError with its complaint when it fails."""
        return run([*self.kubectl_command(), *arguments], stdin=stdin)

    def helm(self, *arguments: str) -> str:
        """What helm printed. Raises CommandError with its complaint when it fails."""
        return run([*self.helm_command(), *arguments])

    def kubectl_command(self) -> list[str]:
        return [str(self.bin_dir / "kubectl"), f"--kubeconfig={self.kubeconfig}"]

    def helm_command(self) -> list[str]:
        return [str(self.bin_dir / "helm"), f"--kubeconfig={self.kubeconfig}"]

    def exec_command(self, *command: str) -> list[str]:
        """The command line that runs `command` in the cluster's network namespace, as if on the node."""
        return ["nsenter", f"--net={network.namespace_path(self.name)}", *command]

    def build_image(
        self, name: str, *, dockerfile: Path, context: Path, build_args: Mapping[str, str] | None = None
    ) -> Path:
        """Build a Dockerfile, on the base image as BASE_IMAGE, into an OCI archive in the cache; return that.

        Builds only when an input changed. Raises DevClusterError when it fails.
        """
        self.build()
        return self._images.build(name, dockerfile=dockerfile, context=context, build_args=build_args or {})

    def load_image(self, image: str | Path) -> None:
        """Give the node an image: an archive, or the name under which one was built."""
        archive = Path(image) if Path(image).is_file() else self._images.archive_of(str(image))
        self._settings()
        ctr = [str(self.bin_dir / "ctr"), f"--address={self.paths.containerd_socket}", "--namespace=k8s.io"]
        run([*ctr, "images", "import", str(archive.absolute())])

    # How it is done

    def _settle(self, profile: Profile, without: tuple[str, ...]) -> Settings:
        """The settings of the cluster that is there, if it is whole, else those of a new one."""
        settings = Settings.load(self.paths.settings)
        if settings is None or not settings.is_of_this_boot:
            self._clear()
            return claim(self.name, profile, without)
        if (settings.profile, settings.without) != (profile, without):
            left_out = f" without {', '.join(settings.without)}" if settings.without else ""
            raise DevClusterError(
                f"the cluster {self.name!r} is up with the profile {settings.profile}{left_out}; "
                f"run `python -m devcluster down --name {self.name}` first, or choose another name"
            )
        return settings

    def _prepare(self, site: Site) -> None:
        cgroups.create(self.name)
        network.create(self.name, site.network)
        mounts.create(self.paths)
        if not site.kubeconfig("admin").exists():
            site.pki.create(identities_of(site))
            for identity in api_clients(site):
                file = site.kubeconfig(identity)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(mode=0o600)
                text = kubeconfig.render(cluster=self.name, server=site.api_url, pki=site.pki, identity=identity)
                file.write_text(text)

    def _clear(self) -> None:
        """Remove all of the cluster but its directory, which holds the lock."""
        cgroups.kill_members(self.name)
        Launcher.reap(self.paths)
        mounts.remove(self.paths)
        network.remove(self.name)
        cgroups.remove(self.name)
        for entry in self.paths.root.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def _settings(self) -> Settings:
        settings = Settings.load(self.paths.settings)
        if settings is None:
            raise DevClusterError(
                f"there is no cluster {self.name!r}; run `python -m devcluster up --name {self.name}`"
            )
        return settings

    def _site(self) -> Site:
        return Site(
            name=self.name,
            network=self._settings().network,
            paths=self.paths,
            bin_dir=self.bin_dir,
            istio=gotools.family_dir(self._cache, gotools.ISTIO),
            pause_archive=baseimage.pause_archive_path(self._cache),
            proxy_archive=proxyimage.archive_path(self._cache),
            envoy=envoy_program(),
        )

    def _launcher(self, site: Site) -> Launcher:
        return Launcher(self.name, self.paths, site.bin_dir)

    def _component(self, name: str) -> Component:
        settings = self._settings()
        components = components_of(self._site(), settings.profile, settings.without)
        for component in components:
            if component.name == name:
                return component
        raise DevClusterError(f"there is no component {name!r}; there are {', '.join(c.name for c in components)}")
