"""Gates by the operator's process against a real API server: a server that judges, a Job, a person."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bertrelease_operator.api.names import ANNOTATION_APPROVE, ANNOTATION_COMMAND, child_name
from devcluster import Cluster
from tests.integration.operator_process import OperatorProcess, eventually, running_operator
from tests.integration.releases import RELEASE, Releases

OLD, NEW = child_name(RELEASE, "v1.0.0"), child_name(RELEASE, "v1.1.0")
JOB = {"name": "checks", "kind": "job", "job": {"template": {"image": "localhost/checks:v1"}}}


class Judge:
    """Says `verdict` to everybody who asks, and remembers what was asked."""

    def __init__(self) -> None:
        self.verdict = "wait"
        self.asked: list[dict[str, Any]] = []
        judge = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                judge.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                answer = json.dumps({"verdict": judge.verdict, "message": "评审"}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                """Nothing on stderr."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def gate(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.server.server_port}/"
        return {"name": "judge", "kind": "webhook", "webhook": {"url": url}}


@pytest.fixture
def judge() -> Iterator[Judge]:
    found = Judge()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def begin(releases: Releases, gate: dict[str, Any]) -> None:
    """v1.0.0 serves, and v1.1.0 has come to its gate."""
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    releases.release("v1.1.0", more={"gates": [gate]})
    eventually(lambda: f"gate {gate['name']}" in releases.status()["message"], "v1.1.0 is at its gate", 60)


def jobs(releases: Releases) -> list[str]:
    """Their names."""
    return [job["metadata"]["name"] for job in json.loads(releases.kubectl("get", "jobs", "-o", "json"))["items"]]


def test_a_server_s_yes_lets_a_version_through_although_the_operator_was_killed_meanwhile(
    releases: Releases, judge: Judge, api_server: Cluster, namespace: str, tmp_path: Path
) -> None:
    with running_operator(api_server, namespace, tmp_path) as operator:
        begin(releases, judge.gate)
        eventually(lambda: "评审" in releases.status()["message"], "the server's words")
        assert releases.weights() == {OLD: 100}
        operator.kill()
    told = judge.asked[0]
    assert (told["version"], told["stable"], told["point"], told["release"]) == ("v1.1.0", "v1.0.0", "traffic", RELEASE)
    judge.verdict = "pass"
    with running_operator(api_server, namespace, tmp_path):
        eventually(lambda: releases.settled_on("v1.1.0"), "v1.1.0 is healthy", 60)
    gates = releases.get("bertrevision", NEW)["status"]["gates"]
    assert [(gate["name"], gate["verdict"], gate["message"]) for gate in gates] == [("judge", "Pass", "评审")]


def test_a_server_s_no_rejects_a_version_before_its_first_request(
    releases: Releases, judge: Judge, operator: OperatorProcess
) -> None:
    judge.verdict = "fail"
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    releases.release("v1.1.0", more={"gates": [judge.gate]})
    eventually(lambda: releases.phase() == "RolledBack", "v1.1.0 is rejected", 60)
    assert releases.weights() == {OLD: 100}
    status = releases.get("bertrevision", NEW)["status"]
    assert (status["verdict"], status["reason"]) == ("Rejected", "GateFailed")


def test_a_job_that_fails_rejects_and_one_that_is_given_up_goes(releases: Releases, operator: OperatorProcess) -> None:
    begin(releases, JOB)
    pods = eventually(
        lambda: json.loads(releases.kubectl("get", "pods", "--selector=bertrelease.io/gate=checks", "-o", "json"))[
            "items"
        ],
        "the Job's pod",
    )
    status = json.dumps({"status": {"phase": "Failed"}})
    name = pods[0]["metadata"]["name"]
    releases.kubectl("patch", "pod", name, "--subresource=status", "--type=merge", f"--patch={status}")
    eventually(lambda: releases.phase() == "RolledBack", "v1.1.0 is rejected", 60)
    assert releases.get("bertrevision", NEW)["status"]["reason"] == "GateFailed"
    failed = jobs(releases)

    releases.release("v1.2.0", more={"gates": [JOB]})
    eventually(lambda: len(jobs(releases)) == 2, "a Job of its own", 60)
    releases.kubectl("annotate", "bertrelease", RELEASE, f"{ANNOTATION_COMMAND}=abort v1.2.0 1")
    eventually(lambda: jobs(releases) == failed, "the Job that was given up is gone")
    assert releases.weights() == {OLD: 100}


def test_a_person_s_yes_is_recorded_with_the_version(releases: Releases, operator: OperatorProcess) -> None:
    begin(releases, {"name": "owner", "kind": "approval", "approval": {}})
    assert releases.phase() == "Paused"
    releases.kubectl("annotate", "bertrelease", RELEASE, f"{ANNOTATION_APPROVE}=v1.1.0 ada@example.org 1 owner 4f2a")
    eventually(lambda: releases.settled_on("v1.1.0"), "v1.1.0 is healthy", 60)
    (gate,) = releases.get("bertrevision", NEW)["status"]["gates"]
    assert (gate["by"], gate["verdict"], gate["point"]) == ("ada@example.org", "Pass", "traffic")
