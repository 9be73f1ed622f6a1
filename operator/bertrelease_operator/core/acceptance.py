"""Which version is asked for, and may it be followed? A version is immutable and a whole (DESIGN rules 1 and 2)."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from pydantic.alias_generators import to_camel

from bertrelease_operator.api.names import child_name
from bertrelease_operator.api.release import VERSION_BOUND_FIELDS, BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import PromotionStatus
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.promotion.follow import follow
from bertrelease_operator.core.promotion.telling import promotion_status

_CONFLICT: Final = "Conflict"
_UNAVAILABLE: Final = "Unavailable"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The version to follow, and why not the spec's if it is another one."""

    target: str | None
    digest: str | None  # of the version-bound fields that were last accepted as a version's contents
    contents_version: str | None = None  # whose contents the spec holds, as far as that is known
    record: BertRevisionSpec | None = None  # to be created: the version is new
    refusal: str = ""
    refusal_reason: str = _CONFLICT
    promotion: PromotionStatus | None = None
    until: float | None = None  # when time alone changes this, in epoch seconds


def spec_digest(spec: BertReleaseSpec) -> str:
    """sha256 over the version-bound fields; defaults are left out, so that new optional fields don't change it."""
    fields = spec.model_dump(mode="json", include=set(VERSION_BOUND_FIELDS), exclude_defaults=True)
    return "sha256:" + hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def accept(observation: Observation, now: float) -> Acceptance:
    """By the release that is followed, if there is one, else by the spec alone."""
    upstream = observation.spec.upstream
    if upstream is None:
        return _accept_spec(observation)
    adoption = follow(observation, upstream, now)
    return Acceptance(
        adoption.target,
        None,  # the spec is a template for what upstream has proven: its own contents were not accepted
        record=adoption.record,
        refusal=observation.obstacle or adoption.refusal,
        refusal_reason=_UNAVAILABLE if observation.obstacle else _CONFLICT,
        promotion=promotion_status(observation, adoption, upstream.described(observation.namespace), now),
        until=adoption.until,
    )


def _accept_spec(observation: Observation) -> Acceptance:
    """Accepts a new version, a known one whose record agrees, or a known one when only `spec.version` was edited.

    The last case restores the record: image, model and config as they were. Anything else would silently mean
    one thing in the spec and another in the pods, so it is refused, and the last accepted version stays.
    """
    spec, status = observation.spec, observation.status
    if observation.obstacle:
        return Acceptance(
            status.version,
            status.accepted_digest,
            contents_version=status.contents_version,
            refusal=observation.obstacle,
            refusal_reason=_UNAVAILABLE,
        )
    if spec.version is None or spec.model is None:
        refusal = "Set spec.version and spec.model, or spec.promotion.from to follow another release."
        return Acceptance(status.version, status.accepted_digest, status.contents_version, refusal=refusal)
    digest = spec_digest(spec)
    known = observation.revisions.get(spec.version)
    if known is None:
        record = BertRevisionSpec.of(observation.name, spec)
        return Acceptance(spec.version, digest, contents_version=spec.version, record=record)
    if known.spec.snapshot() == spec.snapshot():
        return Acceptance(spec.version, digest, contents_version=spec.version)
    if status.accepted_digest == digest:
        return Acceptance(spec.version, digest, contents_version=status.contents_version)
    return Acceptance(
        status.version,
        status.accepted_digest,
        contents_version=status.contents_version,
        refusal=_refusal(spec, known.spec),
    )


def _refusal(spec: BertReleaseSpec, record: BertRevisionSpec) -> str:
    differing = " and ".join(
        f"spec.{to_camel(name)}" for name in VERSION_BOUND_FIELDS if getattr(spec, name) != getattr(record, name)
    )
    return (
        f"{spec.version} is already recorded with other contents: {differing} differ from BertRevision "
        f"{child_name(record.release, record.version)}. Set only spec.version to go back to {spec.version} as it "
        f"was, or give the new contents a new version."
    )
