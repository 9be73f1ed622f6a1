"""People are told by the operator's process, with a real Secret, and with the process killed in between."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from devcluster import Cluster
from tests.integration.operator_process import OperatorProcess, eventually, running_operator
from tests.integration.releases import Releases

STRATEGY = {"canary": {"steps": [{"weight": 50, "holdSeconds": 2}]}}
TOKEN = "geheimes-token"


@dataclass
class Hook:
    """A receiver of webhooks that answers late, or not at all, when it is told to."""

    events: list[dict[str, Any]] = field(default_factory=list)
    delay_seconds: float = 0.0
    url: str = ""

    @contextmanager
    def running(self) -> Iterator["Hook"]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if TOKEN in self.path:
                    outer.events.append(event)
                time.sleep(outer.delay_seconds)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/hook?token={TOKEN}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    @property
    def told(self) -> dict[str, tuple[str, str]]:
        """Kind and version by id, in order."""
        return {event["id"]: (event["data"]["event"], event["data"]["version"]) for event in self.events}


def receivers(releases: Releases, hook: Hook) -> dict[str, Any]:
    data = {"url": base64.b64encode(hook.url.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hook"}, "data": data}
    releases.kubectl("apply", "--filename=-", stdin=json.dumps(secret))
    return {"notifications": [{"name": "ops", "kind": "webhook", "urlSecretRef": {"name": "hook"}}]}


def test_a_promotion_and_a_rollback_are_told_once_and_no_secret_is_said(
    releases: Releases, operator: OperatorProcess
) -> None:
    with Hook().running() as hook:
        more = receivers(releases, hook)
        releases.release("v1.0.0", STRATEGY, more=more)
        eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
        releases.release("v1.1.0", STRATEGY, more=more, error_share=0.3)
        eventually(lambda: releases.phase() == "RolledBack", "v1.1.0 is rejected", 60)
        eventually(lambda: not releases.status().get("notices"), "everything is told")
        assert [*hook.told.values()] == [
            ("Started", "v1.0.0"),
            ("Promoted", "v1.0.0"),
            ("Started", "v1.1.0"),
            ("RolledBack", "v1.1.0"),
        ]
        assert len(hook.events) == len(hook.told)
        assert "v1.1.0 was taken back" in hook.events[-1]["data"]["message"]
        assert operator.metric("bertrelease_notifications_total", kind="webhook", result="sent") == 4
    said = releases.kubectl("get", "bertreleases,bertrevisions,events", "--output=json")
    assert TOKEN not in said + operator.log.read_text(encoding="utf-8")


def test_everything_is_told_once_although_the_operator_is_killed_between_telling_and_writing_it_down(
    api_server: Cluster, releases: Releases, tmp_path: Path
) -> None:
    """The receiver has the event, its answer is on the way, and the process is gone: the next one tells it again."""
    with Hook(delay_seconds=2).running() as hook:
        more = receivers(releases, hook)
        with running_operator(api_server, releases.namespace, tmp_path, "first") as operator:
            releases.release("v1.0.0", STRATEGY, more=more)
            eventually(lambda: hook.events, "the first event is there")
            operator.kill()
        assert [event["data"]["event"] for event in hook.events] == ["Started"]
        hook.delay_seconds = 0
        with running_operator(api_server, releases.namespace, tmp_path, "second"):
            eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy", 60)
            eventually(lambda: not releases.status().get("notices"), "everything is told")
        assert [*hook.told.values()] == [("Started", "v1.0.0"), ("Promoted", "v1.0.0")]
        assert [event["id"] for event in hook.events].count(hook.events[0]["id"]) == 2


def test_a_receiver_that_does_not_answer_delays_no_rollback(releases: Releases, operator: OperatorProcess) -> None:
    with Hook().running() as hook:
        more = receivers(releases, hook)
        releases.release("v1.0.0", STRATEGY, more=more)
        eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
        hook.delay_seconds = 60
        releases.release("v1.1.0", STRATEGY, more=more, error_share=0.3)
        eventually(lambda: releases.phase() == "RolledBack", "v1.1.0 is rejected", 60)
        waiting = [notice["event"] for notice in releases.status()["notices"]]
        assert waiting == ["Started", "RolledBack"]
        assert operator.get("/healthz") == 200
