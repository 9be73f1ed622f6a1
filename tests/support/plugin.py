"""`kubectl bert` as a person at a real cluster uses it, and what it must say of any release that was judged."""

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from bertrelease_operator.cli.environment import Environment
from bertrelease_operator.cli.kube.connect import connect
from bertrelease_operator.cli.main import run


def bert(kubeconfig: Path, namespace: str, *arguments: str) -> str:
    """What it prints; AssertionError if it fails."""
    stream = io.StringIO()
    environment = Environment(connect=connect, console=Console(file=stream, width=200))
    code = run([*arguments, f"--namespace={namespace}", f"--kubeconfig={kubeconfig}"], environment)
    assert code == 0, f"kubectl bert {' '.join(arguments)} ended with {code}"
    return stream.getvalue()


def story_that_leads_to_its_verdict(kubeconfig: Path, namespace: str, release: str, version: str) -> dict[str, Any]:
    """What `explain` says of it, after `replay` has come to the same verdict by what is on record."""
    replayed = json.loads(bert(kubeconfig, namespace, "replay", release, version, "-o", "json"))
    assert (replayed["same"], replayed["ended"]) == (True, "ByPolicy"), replayed["replayed"]
    assert replayed["replayed"]["message"] == replayed["recorded"]["message"]
    told: dict[str, Any] = json.loads(bert(kubeconfig, namespace, "explain", release, version, "-o", "json"))
    assert (told["version"], told["reason"]) == (version, replayed["recorded"]["reason"])
    assert told["story"][0]["reason"] == "Started"
    return told
