"""What a runner of gates is asked, whichever kind it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.secrets import ApiKeys
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.render.metadata import Owner


@dataclass(frozen=True, slots=True)
class GateQuestion:
    """One run, and what there is to know for it."""

    namespace: str
    release: str
    run: GateRun
    gate: Gate
    urls: Mapping[str, str]  # base URL of the own Service of the candidate and the stable version, by version
    api_keys: Mapping[str, ApiKeys]  # of those of the two that ask for one
    owner: Owner  # the candidate's BertRevision ...
    record: BertRevisionSpec  # ... and what that says
    image: str | None  # the candidate's, with digest, as far as its pods have shown it
    fingerprint: str | None  # of the candidate's bundle


class GateRunner(Protocol):
    """Subclass it, so that a runner with nothing to clean up need not say so."""

    async def run(self, question: GateQuestion) -> GateResult:
        """One try or one look, which may take as long as the gate does, and may be cancelled at any time.

        Never raises for what the outside does wrong: that is NoData, and asked again. So is Inconclusive.
        """
        ...

    async def clean_up(self, question: GateQuestion) -> None:
        """The run is not wanted any more and did not come to an end. May raise ClusterError."""
        return
