"""Command line and environment."""

from pathlib import Path

import pytest

from bertrelease_operator.runtime.options import parse_options


def test_a_pod_needs_no_options() -> None:
    options = parse_options([], {"POD_NAME": "operator-x", "POD_NAMESPACE": "system"})
    assert (options.identity, options.lease_namespace, options.lease_name) == (
        "operator-x",
        "system",
        "bertrelease-operator",
    )
    assert (options.namespaces, options.kubeconfig, options.port, options.workers) == ((), None, 8081, 4)


def test_every_option_is_also_a_variable_and_the_flag_wins() -> None:
    environment = {
        "BERTRELEASE_NAMESPACE": "b, a",
        "BERTRELEASE_KUBECONFIG": "/k",
        "BERTRELEASE_LEASE_NAMESPACE": "l",
        "BERTRELEASE_IDENTITY": "me",
        "BERTRELEASE_PORT": "9000",
        "BERTRELEASE_LOG_LEVEL": "debug",
    }
    options = parse_options([], environment)
    assert (options.namespaces, options.kubeconfig) == (("a", "b"), Path("/k"))
    assert (options.lease_namespace, options.identity, options.port, options.log_level) == ("l", "me", 9000, "debug")
    flags = parse_options(["--port", "9001", "--namespace", "c", "--identity", "you"], environment)
    assert (flags.port, flags.namespaces, flags.identity) == (9001, ("c",), "you")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "is not a number from 0 to 65535"),
        (["--workers", "none"], "is not a number from 1 to 64"),
        (["--log-level", "loud"], "invalid choice"),
        (["--mesh-identity", "bertrelease"], "is not NAMESPACE/NAME"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_a_wrong_argument_ends_with_status_2_and_says_why(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options(arguments, {})
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_an_operator_in_the_mesh_says_who_it_is() -> None:
    identity = parse_options(["--mesh-identity", "system/bertrelease"], {}).mesh_identity
    assert identity is not None
    assert (identity.namespace, identity.service_account) == ("system", "bertrelease")
    assert parse_options([], {}).mesh_identity is None
