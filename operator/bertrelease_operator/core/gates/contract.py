"""What decisions and runners of gates tell each other."""

from dataclasses import dataclass, field

from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.status import CaseFailure, CheckStatus, Verdict

__all__ = ["CaseFailure", "GateResult", "GateRun", "definition_of"]


@dataclass(frozen=True, slots=True)
class GateRun:
    """One passage through one gate. Another attempt, point, stable version or definition makes it another run."""

    gate: str
    kind: GateKind
    version: str
    stable: str | None  # None for the first version: there is nothing to compare with
    attempt: int
    point: str  # "traffic", "step-2" and so on, "promotion"
    definition: str = field(default="", repr=False)  # what the spec says of the gate


def definition_of(gate: Gate) -> str:
    """Tells a gate from the one that it was before an edit."""
    return gate.model_dump_json(exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class GateResult:
    """Pass and Fail are final. NoData could not run, and is tried again; Inconclusive goes on."""

    verdict: Verdict
    message: str
    checks: tuple[CheckStatus, ...] = ()
    failures: tuple[CaseFailure, ...] = ()
    total_failures: int = 0
    by: str = ""  # who approved ...
    approval: str = ""  # ... and by which words
    again_in_seconds: float | None = None  # when another look is worth it; None: nobody knows

    @property
    def is_final(self) -> bool:
        return self.verdict in {Verdict.PASS, Verdict.FAIL}
