"""Which runner works at which kind of gate. Those of core/gates/registry.py need none."""

from collections.abc import Mapping

import aiohttp

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.gates.contract import GateRunner
from bertrelease_operator.adapters.gates.golden_asking import Interview
from bertrelease_operator.adapters.gates.golden_set import GoldenSetGate
from bertrelease_operator.adapters.gates.job import JobGate
from bertrelease_operator.adapters.gates.load_test import LoadTestGate
from bertrelease_operator.adapters.gates.webhook import WebhookGate
from bertrelease_operator.api.gates import GateKind


def gate_runners(cluster: Cluster, session: aiohttp.ClientSession) -> Mapping[GateKind, GateRunner]:
    """`cluster`: fenced, so that an operator that no longer leads starts nothing."""
    return {
        GateKind.GOLDEN_SET: GoldenSetGate(cluster, Interview(session)),
        GateKind.LOAD_TEST: LoadTestGate(cluster),
        GateKind.JOB: JobGate(cluster),
        GateKind.WEBHOOK: WebhookGate(cluster, session),
    }
