"""The cases of all parts of a BertRelease's spec."""

from tests.unit.operator.api.cases import ACCEPTED, REFUSED
from tests.unit.operator.api.gate_cases import ACCEPTED_GATES, REFUSED_GATES
from tests.unit.operator.api.health_cases import REFUSED_HEALTH
from tests.unit.operator.api.network_cases import ACCEPTED_NETWORK, REFUSED_NETWORK
from tests.unit.operator.api.promotion_cases import ACCEPTED_PROMOTION, REFUSED_PROMOTION
from tests.unit.operator.api.router_cases import ACCEPTED_ROUTER, REFUSED_ROUTER
from tests.unit.operator.api.running_cases import REFUSED_RUNNING
from tests.unit.operator.api.strategy_cases import REFUSED_STRATEGY

ALL_ACCEPTED = (*ACCEPTED, *ACCEPTED_NETWORK, *ACCEPTED_GATES, *ACCEPTED_ROUTER, *ACCEPTED_PROMOTION)
ALL_REFUSED = (
    *REFUSED,
    *REFUSED_STRATEGY,
    *REFUSED_HEALTH,
    *REFUSED_RUNNING,
    *REFUSED_NETWORK,
    *REFUSED_GATES,
    *REFUSED_ROUTER,
    *REFUSED_PROMOTION,
)
