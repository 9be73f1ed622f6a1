from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devcluster.errors import DevClusterError
from devcluster.images import ImageStore, context_digest, ignore_rules, stage_context
from devcluster.progress import Reporter


@pytest.fixture
def context(tmp_path: Path) -> Path:
    directory = tmp_path / "context"
    (directory / "src").mkdir(parents=True)
    (directory / "src" / "app.py").write_text("print('你好')\n")
    (directory / "Dockerfile").write_text("FROM scratch\n")
    return directory


def digest(context: Path) -> str:
    return context_digest(context, ignore_rules(context, context / "Dockerfile").files(context))


@pytest.mark.parametrize(
    "change",
    [
        lambda context: (context / "src" / "app.py").write_text("print('再见')\n"),
        lambda context: (context / "src" / "app.py").chmod(0o755),
        lambda context: (context / "src" / "app.py").rename(context / "src" / "other.py"),
        lambda context: (context / "src" / "new.py").touch(),
        lambda context: (context / "link").symlink_to("src"),
    ],
    ids=["content", "permissions", "name", "new file", "new link"],
)
def test_the_digest_of_a_context_changes_with(context: Path, change: Callable[[Path], object]) -> None:
    before = digest(context)
    change(context)
    assert digest(context) != before


def test_the_digest_of_a_context_ignores_times_and_ignored_files(context: Path) -> None:
    (context / ".dockerignore").write_text("cache\n.dockerignore\n")
    before = digest(context)
    (context / "cache").mkdir()
    (context / "cache" / "file").touch()
    (context / "src" / "app.py").touch()
    assert digest(context) == before


def test_an_ignore_file_of_the_dockerfile_itself_comes_before_the_contexts(context: Path) -> None:
    (context / ".dockerignore").write_text("src\n")
    (context / "Dockerfile.dockerignore").write_text("other\n")
    assert not ignore_rules(context, context / "Dockerfile").ignores("src")


def test_what_is_staged_is_what_counts_and_carries_no_ignore_file_to_apply_again(context: Path, tmp_path: Path) -> None:
    (context / ".dockerignore").write_text("**\n!src/app.py\n!.dockerignore\n")
    stage_context(context, context / "Dockerfile", tmp_path / "stage")
    staged = [path for path in (tmp_path / "stage").rglob("*") if path.is_file()]
    assert [path.relative_to(tmp_path / "stage") for path in staged] == [Path("src/app.py")]


@pytest.mark.parametrize("name", ["app", "App:v1", "app:", "-t:v1", "localhost/app:v 1"])
def test_an_image_name_without_a_proper_tag_is_refused_with_an_example(tmp_path: Path, name: str) -> None:
    store = ImageStore(tmp_path, Reporter())
    with pytest.raises(DevClusterError, match="for example localhost/app:v1"):
        store.build(name, dockerfile=tmp_path / "Dockerfile", context=tmp_path, build_args={})


def test_asking_for_an_image_that_was_never_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(DevClusterError, match="build-image -t localhost/app:v1 -f DOCKERFILE"):
        ImageStore(tmp_path, Reporter()).archive_of("localhost/app:v1")
