"""Checks that rest on the pods themselves: use, restarts, model load, and the user's own queries."""

from typing import Final

from bertrelease_operator.api.health import CustomCheck, Health
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.gather import EvidenceState
from bertrelease_operator.core.evidence.usage import Mean

# A window is full up to the look that opens the next one.
_FULL_SHARE: Final = 0.8


def cpu_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    """Left out for containers without a limit: there is nothing to be a percentage of."""
    if health.cpu is None or state.usage.without_cpu_limit:
        return None
    usage = state.usage
    return _usage("cpu", "CPU", health.cpu.max, current=usage.cpu, last_full=usage.full_cpu, health=health)


def memory_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    if health.memory is None or state.usage.without_memory_limit:
        return None
    usage = state.usage
    return _usage(
        "memory", "memory", health.memory.max, current=usage.memory, last_full=usage.full_memory, health=health
    )


def _usage(
    name: str, what: str, limit: float, *, current: Mean | None, last_full: Mean | None, health: Health
) -> CheckStatus:
    latest = current or last_full
    over_full_window = [
        mean
        for mean in (current, last_full)
        if mean is not None and mean.seconds >= _FULL_SHARE * health.window_seconds and mean.percent > limit
    ]
    if latest is None:
        verdict = Verdict.NO_DATA
    elif over_full_window:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.PASS if latest.percent <= limit else Verdict.INCONCLUSIVE
    shown = f"{latest.percent:.0f} %" if latest is not None else "unknown"
    return CheckStatus(
        name=name,
        verdict=verdict,
        value=round(latest.percent, 2) if latest is not None else None,
        limit=limit,
        unit="%",
        message=f"the busiest pod uses {shown} of its {what} limit (at most {limit:g} %)",
    )


def restart_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    if health.restarts is None:
        return None
    limit = health.restarts.max
    return CheckStatus(
        name="restarts",
        verdict=Verdict.FAIL if state.restarts > limit else Verdict.PASS,
        value=state.restarts,
        limit=limit,
        unit="restarts",
        message=f"{state.restarts} container restarts (at most {limit})",
    )


def model_load_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    if not health.model_load_success or state.load_unknown:
        return None
    if state.load_failures:
        verdict = Verdict.FAIL
    elif state.loading_pods:
        verdict = Verdict.INCONCLUSIVE
    else:
        verdict = Verdict.PASS if state.loaded_pods else Verdict.NO_DATA
    return CheckStatus(
        name="model-load",
        verdict=verdict,
        value=state.load_failures,
        limit=0,
        unit="failures",
        sample=state.loaded_pods + state.loading_pods,
        message=f"{state.loaded_pods} pods loaded the model, {state.load_failures} failures",
    )


def custom_check(state: EvidenceState, check: CustomCheck) -> CheckStatus:
    value = state.custom.get(check.name)
    bounds = [f"at most {check.max:g}"] if check.max is not None else []
    bounds += [f"at least {check.min:g}"] if check.min is not None else []
    if value is None:
        verdict = Verdict.NO_DATA
    else:
        outside = (check.max is not None and value > check.max) or (check.min is not None and value < check.min)
        verdict = Verdict.FAIL if outside else Verdict.PASS
    return CheckStatus(
        name=f"custom-{check.name}",
        verdict=verdict,
        value=value,
        limit=check.max if check.max is not None else check.min,
        message=f"{check.name} is {value if value is not None else 'unknown'} ({' and '.join(bounds)})",
    )
