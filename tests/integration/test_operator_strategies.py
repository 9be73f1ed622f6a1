"""Each strategy by the operator's process against a real API server with Istio's own schemas."""

from typing import Any

from bertrelease_operator.api.names import ANNOTATION_COMMAND, child_name, preview_name
from tests.integration.operator_process import OperatorProcess, eventually
from tests.integration.releases import RELEASE, Releases

OLD, NEW = child_name(RELEASE, "v1.0.0"), child_name(RELEASE, "v1.1.0")


def begin(releases: Releases, strategy: dict[str, Any]) -> None:
    """v1.0.0 serves, and v1.1.0 has been asked for."""
    releases.release("v1.0.0", strategy)
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    releases.release("v1.1.0", strategy)


def test_blue_green_previews_asks_switches_and_goes_back_in_one_write(
    releases: Releases, operator: OperatorProcess
) -> None:
    begin(releases, {"kind": "blueGreen", "blueGreen": {"holdSeconds": 2, "then": "ask"}})
    eventually(lambda: releases.phase() == "Paused", "a person is asked", 60)
    preview = releases.get("service", preview_name(RELEASE))
    assert preview["spec"]["selector"]["bertrelease.io/version"] == "v1.1.0"
    assert releases.weights() == {OLD: 100}

    releases.kubectl("annotate", "bertrelease", RELEASE, f"{ANNOTATION_COMMAND}=promote v1.1.0 1")
    eventually(lambda: releases.weights() == {NEW: 100}, "all traffic is at v1.1.0")
    eventually(lambda: releases.status().get("stable") == "v1.1.0", "v1.1.0 is the stable version")
    eventually(lambda: not releases.get("service", preview_name(RELEASE)), "the preview is gone")
    assert releases.get("deployment", OLD)["spec"]["replicas"] == 2

    releases.edit_version("v1.0.0")
    eventually(lambda: releases.weights() == {OLD: 100}, "all traffic is back")


def test_copies_come_before_users_and_nobody_sees_a_version_that_fails_them(
    releases: Releases, operator: OperatorProcess
) -> None:
    strategy = {
        "kind": "mirror",
        "mirror": {"percent": 50, "holdSeconds": 2},
        "canary": {"steps": [{"weight": 50, "holdSeconds": 2}], "sticky": {}},
    }
    begin(releases, strategy)
    eventually(lambda: "mirror" in releases.rules()[-1], "copies go to v1.1.0")
    assert releases.weights() == {OLD: 100}
    assert releases.rules()[-1]["mirrorPercentage"] == {"value": 50}
    eventually(lambda: len(releases.weights()) == 2, "users come after the copies", 60)
    assert len(releases.rules()) == 3
    eventually(lambda: releases.settled_on("v1.1.0"), "v1.1.0 is healthy", 60)
    assert len(releases.rules()) == 1

    releases.release("v1.2.0", strategy, error_share=0.2)
    eventually(lambda: releases.phase() == "RolledBack", "v1.2.0 is rejected", 60)
    assert releases.weights() == {NEW: 100}
    assert "mirror" not in releases.rules()[-1]
    assert releases.get("bertrevision", child_name(RELEASE, "v1.2.0"))["status"]["verdict"] == "Rejected"
