"""`kubectl bert` against a real API server: objects as they are stored, permissions as they are granted."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bertrelease_operator.api.names import ANNOTATION_COMMAND
from bertrelease_operator.cli.environment import Environment
from bertrelease_operator.cli.kube.connect import connect
from bertrelease_operator.cli.main import run
from devcluster import Cluster
from tests.integration.kubeconfigs import with_token
from tests.unit.operator.cli.builders import ANALYZING, ROLLED_BACK, ago, manifest, revision_manifest, rollout
from tests.unit.operator.cli.recorded import failed_and_good

PLUGIN = Path(sys.executable).with_name("kubectl-bert")
PATIENCE_SECONDS = 60


@pytest.fixture
def shop(api_server: Cluster, namespace: str, capsys: pytest.CaptureFixture[str]) -> "Shop":
    return Shop(api_server, namespace, capsys)


class Shop:
    """A namespace with a release in it, and the plugin at work there."""

    def __init__(self, cluster: Cluster, namespace: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.cluster = cluster
        self._capsys = capsys
        self.namespace = namespace
        self.kubeconfig = cluster.kubeconfig

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self.cluster.kubectl(f"--namespace={self.namespace}", *arguments, stdin=stdin)

    def store(self, kind: str, item: Mapping[str, Any]) -> None:
        """Spec and status, by the two requests that this takes."""
        metadata = {key: item["metadata"][key] for key in ("name", "labels") if key in item["metadata"]}
        stored = {"apiVersion": "bertrelease.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": item["spec"]}
        self.kubectl("apply", "--filename=-", stdin=json.dumps(stored))
        self.report(kind, item["metadata"]["name"], item["status"])

    def report(self, kind: str, name: str, status: Mapping[str, Any]) -> None:
        """A status as the operator would write it."""
        patch = json.dumps({"status": status})
        self.kubectl("patch", kind, name, "--subresource=status", "--type=merge", f"--patch={patch}")

    def release(self, status: Mapping[str, Any]) -> None:
        self.store("BertRelease", manifest({**status, "observedGeneration": 1}))

    def annotation(self) -> str | None:
        item = json.loads(self.kubectl("get", "brel", "fill-mask", "--output=json"))
        found: str | None = item["metadata"].get("annotations", {}).get(ANNOTATION_COMMAND)
        return found

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The program itself, as a process."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        command = [str(PLUGIN), *arguments, "--namespace", self.namespace]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def bert(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, output, errors."""
        stream = io.StringIO()
        environment = Environment(connect=connect, console=Console(file=stream, width=200))
        code = run([*arguments, f"--namespace={self.namespace}", f"--kubeconfig={self.kubeconfig}"], environment)
        return code, stream.getvalue(), self._capsys.readouterr().err


def eventually(condition: Callable[[], bool]) -> None:
    """Waits for `condition`; fails when patience is over."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)


def test_kubectl_finds_the_plugin_and_it_shows_what_is_stored(shop: Shop) -> None:
    shop.release(ANALYZING)
    shop.store("BertRevision", revision_manifest("v1.0.0", reason="Observed", servedFrom=ago(100)))
    environment = {
        **os.environ,
        "KUBECONFIG": str(shop.kubeconfig),
        "PATH": f"{PLUGIN.parent}:{shop.cluster.bin_dir}:{os.environ['PATH']}",
    }
    command = ["kubectl", "bert", "status", "brel/fill-mask", "-n", shop.namespace]
    found = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert found.stdout.startswith(f"Analyzing  fill-mask  namespace {shop.namespace}  asked for v1.1.0")
    assert "✓ start ─ ▶ 10 % ─ · 25 % ─ · 50 % ─ · 100 %" in found.stdout
    assert found.stderr == ""


def test_the_history_is_what_the_revisions_say(shop: Shop) -> None:
    shop.release(ROLLED_BACK)
    shop.store("BertRevision", revision_manifest("v1.0.0", reason="Observed", servedFrom=ago(100)))
    shop.store("BertRevision", revision_manifest("v1.1.0", "Rejected", reason="ErrorRateFailed"))
    code, out, _ = shop.bert("history", "fill-mask", "-o", "json")
    assert code == 0
    verdicts = {item["version"]: (item["verdict"], item["warmth"]) for item in json.loads(out)["items"]}
    assert verdicts == {"v1.0.0": ("Proven", "cold"), "v1.1.0": ("Rejected", "cold")}


def test_records_as_an_operator_leaves_them_are_explained_compared_and_replayed(shop: Shop, tmp_path: Path) -> None:
    shop.release(ROLLED_BACK)
    for item in failed_and_good().values():
        shop.store("BertRevision", item)
    code, out, err = shop.bert("explain", "fill-mask", "v1.2.0")
    assert (code, err) == (0, "")
    assert "v1.2.0 is ready and gets 10 % of the traffic." in out
    assert "✗ error-rate" in out
    out = shop.bert("diff", "fill-mask", "v1.1.0", "v1.2.0")[1]
    assert "+ config.threads: 2" in out
    policy = tmp_path / "new.yaml"
    policy.write_text("health: {errorRate: {max: 60, maxExtraPercent: 100}}", encoding="utf-8")
    code, out, _ = shop.bert("replay", "fill-mask", "--policy", str(policy), "-o", "json")
    found = {item["version"]: (item["recorded"]["verdict"], item["ended"]) for item in json.loads(out)["items"]}
    assert found["v1.2.0"] == ("Rejected", "Undecided")
    assert found["v1.1.0"] == ("Proven", "ByPolicy")
    saved = tmp_path / "saved.yaml"
    saved.write_text(shop.kubectl("get", "brev", "--output=yaml"), encoding="utf-8")
    code, out, _ = shop.bert("replay", "fill-mask", "v1.2.0", "--from-file", str(saved), "-o", "json")
    assert (code, json.loads(out)["same"]) == (0, True)


def test_promote_writes_the_request_and_reports_what_became_of_it(shop: Shop) -> None:
    shop.release(ANALYZING)
    process = shop.start("promote", "fill-mask", "--timeout", "45")
    eventually(lambda: shop.annotation() is not None)
    command = shop.annotation()
    assert command is not None
    assert command.split()[:2] == ["promote", "v1.1.0"]
    switching = {"rollout": rollout(stage="Switching", byHand=True), "handledCommand": command}
    shop.report("BertRelease", "fill-mask", {**ANALYZING, **switching})
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[0] == "bertrelease.bertrelease.io/fill-mask promoted"


def test_pause_and_resume_patch_the_spec(shop: Shop) -> None:
    shop.release(ANALYZING)
    for verb, paused in (("pause", "true"), ("resume", "false")):
        code, out, _ = shop.bert(verb, "fill-mask")
        assert (code, out.splitlines()[0]) == (0, f"bertrelease.bertrelease.io/fill-mask {verb}d")
        assert shop.kubectl("get", "brel", "fill-mask", "--output=jsonpath={.spec.paused}").strip() == paused


def test_a_missing_permission_is_named(shop: Shop, tmp_path: Path) -> None:
    shop.release(ANALYZING)
    shop.kubectl("create", "serviceaccount", "reader")
    resources = "bertreleases.bertrelease.io,bertrevisions.bertrelease.io"
    shop.kubectl("create", "role", "reader", "--verb=get,list,watch", f"--resource={resources}")
    shop.kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={shop.namespace}:reader")
    token = shop.kubectl("create", "token", "reader").strip()
    shop.kubeconfig = with_token(shop.cluster.kubeconfig, token, tmp_path / "kubeconfig")
    assert shop.bert("status", "fill-mask")[0] == 0
    code, _, err = shop.bert("promote", "fill-mask")
    assert code == 1
    assert err.startswith(
        f"error: you (system:serviceaccount:{shop.namespace}:reader) may not patch bertreleases.bertrelease.io "
        f"in namespace {shop.namespace}."
    )
    assert shop.annotation() is None
    assert "may not list deployments.apps in namespace" in shop.bert("history", "fill-mask")[2]
    assert "may not list bertreleases.bertrelease.io in all namespaces" in shop.bert("status", "-A")[2]


def test_names_that_do_not_exist_and_versions_that_cannot_be_are_sentences(shop: Shop) -> None:
    shop.release(ANALYZING)
    code, _, err = shop.bert("status", "fill-maks")
    assert (code, "Did you mean fill-mask?" in err) == (1, True)
    code, _, err = shop.bert("retry", "fill-mask", "latest")
    assert (code, "'latest' is not a version" in err) == (2, True)


def test_credentials_that_are_not_accepted_are_a_sentence(shop: Shop, tmp_path: Path) -> None:
    shop.kubeconfig = with_token(shop.cluster.kubeconfig, "stale", tmp_path / "kubeconfig")
    code, _, err = shop.bert("status")
    assert (code, err) == (
        1,
        "error: the cluster does not accept your credentials; log in again and check the context\n",
    )


def test_a_watch_tells_changes_and_survives_a_restart_of_the_api_server(shop: Shop) -> None:
    shop.release(ANALYZING)
    process = shop.start("status", "fill-mask", "--watch")
    assert process.stdout is not None
    try:
        assert "Analyzing" in process.stdout.readline()
        shop.report("BertRelease", "fill-mask", {**ANALYZING, "message": "still judging"})
        assert process.stdout.readline().rstrip().endswith("still judging")
        shop.cluster.restart("kube-apiserver")
        shop.report("BertRelease", "fill-mask", {**ROLLED_BACK, "rollout": None})
        line = process.stdout.readline()
        while "! " in line:  # the interruption, and its end
            line = process.stdout.readline()
        assert "RolledBack  v1.0.0=100%" in line
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)
