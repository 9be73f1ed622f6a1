"""What runners of gates are asked in tests."""

from collections.abc import Mapping
from typing import Final

from bertrelease_operator.adapters.gates.contract import GateQuestion
from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.secrets import ApiKeys
from bertrelease_operator.core.gates.contract import GateRun
from bertrelease_operator.render.metadata import Owner

RECORD: Final = BertRevisionSpec.of(
    "fill-mask",
    BertReleaseSpec.model_validate(
        {
            "version": "v1.1.0",
            "image": {"repository": "localhost/bert-server", "pullPolicy": "Never", "pullSecrets": ["registry"]},
            "model": {"name": "tang-bert"},
        }
    ),
)


def question(
    gate: Gate, run: GateRun, urls: Mapping[str, str], api_keys: Mapping[str, ApiKeys] | None = None
) -> GateQuestion:
    return GateQuestion(
        namespace="default",
        release="fill-mask",
        run=run,
        gate=gate,
        urls=urls,
        api_keys=api_keys or {},
        owner=Owner(kind="BertRevision", name="fill-mask-v1-1-0", namespace="default", uid="u-1"),
        record=RECORD,
        image=None,
        fingerprint=None,
    )
