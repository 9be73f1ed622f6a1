"""Gates that are decided without I/O. The others have a runner, in adapters/gates/registry.py."""

from collections.abc import Callable, Mapping
from typing import Final

from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.core.gates.approval import check_approval
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.gates.window import check_window
from bertrelease_operator.core.progress import Situation

PureGate = Callable[[Situation, Gate, GateRun], GateResult]

PURE_GATES: Final[Mapping[GateKind, PureGate]] = {
    GateKind.APPROVAL: check_approval,
    GateKind.WINDOW: check_window,
}
