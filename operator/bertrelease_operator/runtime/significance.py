"""What changed in a status, and whether that is worth a write at once or only newer figures."""

from typing import Any

from bertrelease_operator.api.status import BertReleaseStatus, CheckStatus


def differs_in_substance(new: BertReleaseStatus, old: BertReleaseStatus) -> bool:
    """False if only figures and the sentences that quote them changed."""
    return _substance(new) != _substance(old)


def _substance(status: BertReleaseStatus) -> dict[str, Any]:
    fields = {name: getattr(status, name) for name in BertReleaseStatus.model_fields}
    fields["checks"] = [_verdict(check) for check in status.checks]
    fields["weights"] = status.weights.model_copy(update={"observed": {}})
    fields["conditions"] = [
        (condition.type, condition.status, condition.reason, condition.observed_generation)
        for condition in status.conditions
    ]
    if status.rollout is not None:
        gates = [gate.model_copy(update={"message": "", "checks": []}) for gate in status.rollout.gates]
        fields["rollout"] = status.rollout.model_copy(update={"gates": gates})
    return fields


def _verdict(check: CheckStatus) -> tuple[str, str]:
    return check.name, check.verdict


def merge_patch(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386) that makes `new` out of `old`; neither may hold nulls."""
    patch: dict[str, Any] = dict.fromkeys(old.keys() - new.keys())
    for name, value in new.items():
        before = old.get(name)
        if value == before:
            continue
        patch[name] = merge_patch(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
    return patch
