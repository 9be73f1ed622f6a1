"""buildah, with a store of images of its own in the cache."""

from __future__ import annotations

from pathlib import Path

from devcluster.commands import run, stream
from devcluster.errors import CommandError
from devcluster.preflight import overlay_obstacle
from devcluster.progress import Step


class Buildah:
    """The images kept under `directory`; callers hold its lock."""

    def __init__(self, directory: Path) -> None:
        # On a file system that cannot hold overlay mounts, whole copies per layer work as well, only slower.
        driver = "vfs" if overlay_obstacle(directory) else "overlay"
        store = [f"--root={directory / 'store'}", f"--runroot={directory / 'run'}", f"--storage-driver={driver}"]
        self._command = ["buildah", *store]

    def run(self, *words: str | Path) -> str:
        return run([*self._command, *words]).strip()

    def image_id(self, name: str) -> str | None:
        """The digest of an image in the store, None when it is not there."""
        try:
            return self.run("inspect", "--type=image", "--format={{.FromImageID}}", name)
        except CommandError:
            return None

    def image_from_files(self, name: str, source: Path, target: str, *config: str) -> None:
        """Make an image with one layer: `source` (a file or what a directory holds) at `target`."""
        container = self.run("from", "scratch")
        try:
            self.run("copy", "--quiet", container, source, target)
            self.run("config", *config, container)
            self.run("commit", "--quiet", "--disable-compression", container, name)
        finally:
            self.run("rm", container)

    def build(
        self, name: str, dockerfile: Path, context: Path, options: list[str], step: Step, *, reuse_layers: bool
    ) -> None:
        """Build a Dockerfile, layer by layer; with `reuse_layers`, those that did not change are taken from before.

        Whether a layer changed is told from the instructions as they are written: buildah does not see that a build
        argument in an ENV has another value than before.
        """
        # Containers cannot be nested everywhere, a change of root can.
        layers = ["--layers"] if reuse_layers else ["--layers", "--no-cache"]
        command = [*self._command, "bud", "--isolation=chroot", *layers, "--format=docker", *options]
        stream([*command, f"--file={dockerfile}", f"--tag={name}", context], step.advance)

    def export(self, name: str, archive: Path) -> None:
        """Write an OCI archive that carries the image's name; there is none, or a whole one."""
        draft = archive.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        self.run("push", "--quiet", "--disable-compression", name, f"oci-archive:{draft}:{name}")
        draft.rename(archive)
