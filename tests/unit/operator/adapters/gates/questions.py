"""What runners of gates are asked in tests."""

from collections.abc import Mapping

from bertrelease_operator.adapters.gates.contract import GateQuestion
from bertrelease_operator.api.gates import Gate
from bertrelease_operator.core.gates.contract import GateRun
from bertrelease_operator.render.metadata import Owner


def question(gate: Gate, run: GateRun, urls: Mapping[str, str]) -> GateQuestion:
    return GateQuestion(
        namespace="default",
        release="fill-mask",
        run=run,
        gate=gate,
        urls=urls,
        owner=Owner(kind="BertRevision", name="fill-mask-v1-1-0", namespace="default", uid="u-1"),
        image=None,
        fingerprint=None,
    )
