"""The two images that everything starts from: Debian with Python, and the pause program."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devcluster.buildah import Buildah
from devcluster.commands import stream
from devcluster.components.containerd import PAUSE_IMAGE
from devcluster.gotools import PAUSE, family_dir, family_key
from devcluster.progress import Reporter, Step

BASE_IMAGE = "localhost/devcluster-base"
SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python-is-python3", "python3", "python3-venv")
# Nothing at run time reads these, and they are a third of the size.
DROPPED = ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt/lists", "var/log")
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def base_image_name() -> str:
    """The base image's name; its tag is a digest of the recipe."""
    recipe = repr((SUITE, PACKAGES, DROPPED, SEARCH_PATH))
    return f"{BASE_IMAGE}:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def ensure_base(buildah: Buildah, reporter: Reporter) -> str:
    """Return the base image's name, after making it with debootstrap if need be."""
    name = base_image_name()
    if buildah.image_id(name):
        return name
    with reporter.step(f"make the base image from Debian {SUITE}") as step, debian_root(PACKAGES, step) as root:
        settings = (f"--env=PATH={SEARCH_PATH}", "--env=LANG=C.UTF-8", '--cmd=["python3"]')
        buildah.image_from_files(name, root, "/", *settings)
    return name


@contextmanager
def debian_root(packages: Iterable[str], step: Step) -> Iterator[Path]:
    """A root directory with Debian's smallest system and `packages`; gone afterwards."""
    with tempfile.TemporaryDirectory() as draft:
        root = Path(draft) / "root"
        stream(["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", SUITE, root], step.advance)
        for path in DROPPED:
            shutil.rmtree(root / path, ignore_errors=True)
        (root / "var/log").mkdir()
        yield root


def are_ready(cache: Path, buildah: Buildah) -> bool:
    return pause_archive_path(cache).exists() and buildah.image_id(base_image_name()) is not None


def pause_archive_path(cache: Path) -> Path:
    return cache / "images" / "pause" / f"{family_key(PAUSE)}.tar"


def ensure_pause(cache: Path, buildah: Buildah) -> None:
    """Make the archive of the pause image if it is not there."""
    archive = pause_archive_path(cache)
    if archive.exists():
        return
    archive.parent.mkdir(parents=True, exist_ok=True)
    program = family_dir(cache, PAUSE) / "pause"
    buildah.image_from_files(PAUSE_IMAGE, program, "/pause", '--entrypoint=["/pause"]', "--user=65535:65535")
    buildah.export(PAUSE_IMAGE, archive)
