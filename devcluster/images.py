"""Building images from Dockerfiles into archives, each only when something about it changed."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from devcluster import baseimage, pipsettings, proxyimage
from devcluster.buildah import Buildah
from devcluster.dockerignore import IgnoreRules
from devcluster.errors import DevClusterError
from devcluster.locks import exclusive
from devcluster.progress import Reporter

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._/-]*:[A-Za-z0-9_][A-Za-z0-9._-]*")
LOCAL_REFERENCE = re.compile(r"\blocalhost/[a-z0-9._/-]+(?::[\w.-]+)?")


class ImageStore:
    """The images in the cache: buildah's store, and one archive per name for loading into clusters."""

    def __init__(self, cache: Path, reporter: Reporter) -> None:
        self._cache = cache
        self._directory = cache / "images"
        self._reporter = reporter

    def prepare(self) -> None:
        """Make the base image and the pause image if they are not there."""
        buildah = Buildah(self._directory)
        # Looked up before the lock, which another image build may hold for minutes.
        if baseimage.are_ready(self._cache, buildah):
            return
        with exclusive(self._directory):
            baseimage.ensure_base(buildah, self._reporter)
            baseimage.ensure_pause(self._cache, buildah)

    def prepare_proxy(self) -> None:
        """Make the sidecars' image if it is not there."""
        if not proxyimage.archive_path(self._cache).exists():
            with exclusive(self._directory):
                proxyimage.ensure(self._cache, Buildah(self._directory), self._reporter)

    def build(self, name: str, *, dockerfile: Path, context: Path, build_args: Mapping[str, str]) -> Path:
        """Return the archive of the image; builds it unless it was built from the very same inputs before.

        The build argument BASE_IMAGE is the dev cluster's base image unless given.
        Raises CommandError with buildah's last words, DevClusterError for a bad name or a missing file.
        """
        _check(name, dockerfile, context)
        with exclusive(self._directory):
            buildah = Buildah(self._directory)
            arguments = {"BASE_IMAGE": baseimage.ensure_base(buildah, self._reporter), **build_args}
            key = self._key(buildah, name, dockerfile, context, arguments)
            archive = self._archives(name) / f"{key}.tar"
            if not archive.exists():
                with self._reporter.step(f"build image {name}") as step, tempfile.TemporaryDirectory() as scratch:
                    stage, settings = Path(scratch) / "context", Path(scratch) / "pip"
                    settings.mkdir()
                    stage_context(context, dockerfile, stage)
                    options = [word for pair in arguments.items() for word in ("--build-arg", "=".join(pair))]
                    options += pipsettings.write_for_build(settings)
                    buildah.build(name, dockerfile.absolute(), stage, options, step, reuse_layers=not build_args)
                    self._replace_archive(buildah, name, archive)
        return archive

    def archive_of(self, name: str) -> Path:
        """The archive that was built last under this name. Raises DevClusterError when there is none."""
        archives = sorted(self._archives(name).glob("*.tar"))
        if not archives:
            raise DevClusterError(
                f"no image {name!r} was built here, and no such file exists; build it with "
                f"`python -m devcluster build-image -t {name} -f DOCKERFILE CONTEXT`"
            )
        return archives[-1]

    def _archives(self, name: str) -> Path:
        return self._directory / "archives" / name.replace("/", "_").replace(":", "_")

    def _key(self, buildah: Buildah, name: str, dockerfile: Path, context: Path, arguments: Mapping[str, str]) -> str:
        recipe = dockerfile.read_text()
        local = LOCAL_REFERENCE.findall("\n".join([recipe, *arguments.values()]))
        parents = {reference: buildah.image_id(reference) for reference in local}
        files = context_digest(context, ignore_rules(context, dockerfile).files(context))
        inputs = (name, recipe, sorted(arguments.items()), sorted(parents.items()), files)
        return hashlib.sha256(repr(inputs).encode()).hexdigest()[:24]

    def _replace_archive(self, buildah: Buildah, name: str, archive: Path) -> None:
        archive.parent.mkdir(parents=True, exist_ok=True)
        outdated = list(archive.parent.glob("*.tar"))
        buildah.export(name, archive)
        for file in outdated:
            file.unlink()


def ignore_rules(context: Path, dockerfile: Path) -> IgnoreRules:
    """`<Dockerfile>.dockerignore` beside the Dockerfile, else the context's .dockerignore, else none."""
    candidates = (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore")
    return IgnoreRules(next((file.read_text() for file in candidates if file.exists()), ""))


def context_digest(context: Path, files: Iterable[str]) -> str:
    """A digest over names, contents and permissions."""
    digest = hashlib.sha256()
    for name in files:
        path = context / name
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        digest.update(f"{name}\0{path.lstat().st_mode:o}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def stage_context(context: Path, dockerfile: Path, stage: Path) -> None:
    """Copy what counts of the context, so that the build sees exactly the files that the digest covers."""
    stage.mkdir()
    for name in ignore_rules(context, dockerfile).files(context):
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(context / name, stage / name, follow_symlinks=False)
    (stage / ".dockerignore").unlink(missing_ok=True)


def _check(name: str, dockerfile: Path, context: Path) -> None:
    if not NAME_PATTERN.fullmatch(name):
        raise DevClusterError(f"the image name {name!r} does not fit: write NAME:TAG, for example localhost/app:v1")
    if not dockerfile.is_file():
        raise DevClusterError(f"there is no Dockerfile at {dockerfile}")
    if not context.is_dir():
        raise DevClusterError(f"the build context {context} is not a directory")
