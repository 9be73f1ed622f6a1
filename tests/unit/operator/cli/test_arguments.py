import pytest

from bertrelease_operator.cli.arguments import release_name, release_version, result_line
from bertrelease_operator.cli.errors import ExitCode, UsageError


@pytest.mark.parametrize(
    "argument",
    [
        "fill-mask",
        "brel/fill-mask",
        "bertrelease/fill-mask",
        "bertreleases/fill-mask",
        "bertrelease.bertrelease.io/fill-mask",
        "bertreleases.bertrelease.io/fill-mask",
        "BertRelease/fill-mask",
    ],
)
def test_a_release_may_be_named_in_every_way_that_kubectl_accepts(argument: str) -> None:
    assert release_name(argument) == "fill-mask"


@pytest.mark.parametrize("argument", ["pod/fill-mask", "/fill-mask", "brel/", ""])
def test_what_names_no_release_is_bad_usage(argument: str) -> None:
    with pytest.raises(UsageError, match=r"write NAME, brel/NAME or bertrelease/NAME") as caught:
        release_name(argument)
    assert caught.value.exit_code == ExitCode.USAGE


def test_what_is_no_version_is_bad_usage() -> None:
    assert release_version("v1.2.0-3f2a9c1") == "v1.2.0-3f2a9c1"
    with pytest.raises(UsageError, match="'latest' is not a version"):
        release_version("latest")


def test_a_result_is_told_as_kubectl_tells_it() -> None:
    assert result_line("fill-mask", "promoted") == "bertrelease.bertrelease.io/fill-mask promoted"
