"""Which version a release should serve that follows another one: an ordered chain of reasons not to move yet."""

from dataclasses import replace

from bertrelease_operator.api.promotion import PromotionState, Upstream
from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.promotion.adoption import Adoption, Offer, adopted, refused, stay
from bertrelease_operator.core.promotion.proof import disagreement
from bertrelease_operator.core.promotion.revocation import revocation


def follow(observation: Observation, upstream: Upstream, now: float) -> Adoption:
    """A pinned version if there is one, else what upstream has proven long enough; else what was accepted last."""
    source = upstream.described(observation.namespace)
    pinned = observation.spec.version
    adoption = _pinned(observation, pinned, source) if pinned is not None else _offered(observation, source, now)
    return _with_revocation(observation, _unless_obstructed(observation, adoption), source)


def _unless_obstructed(observation: Observation, adoption: Adoption) -> Adoption:
    """While the cluster lacks something, what was accepted last stays and nothing begins."""
    begins = adoption.record is not None or adoption.target != observation.status.version
    if not observation.obstacle or not begins:
        return adoption
    waits = f"{adoption.target} waits: {observation.obstacle}."
    return replace(stay(observation, PromotionState.HELD, waits, adoption.target), proof=adoption.proof)


def _unknown_fields(source: str) -> str:
    return (
        f"it has config or model fields in {source} that this operator does not know; install the operator here in the "
        "version that is there"
    )


def _pinned(observation: Observation, version: str, source: str) -> Adoption:
    """What was proven or accepted here may run here; anything else needs the proof of upstream."""
    known = observation.revisions.get(version)
    if known is not None and (known.status.verdict is RevisionVerdict.PROVEN or version == observation.status.version):
        message = f"spec.version holds {version} here; remove it to follow {source} again."
        return Adoption(version, PromotionState.PINNED, message, version, known.spec.proof)
    view = observation.upstream
    offered = view.versions.get(version) if view is not None else None
    if offered is None or offered.verdict is not RevisionVerdict.PROVEN or offered.proof is None:
        why = view.problem if view is not None and view.problem else f"{version} is not proven in {source}"
        if offered is not None and offered.has_unknown_fields:
            why = _unknown_fields(source)
        return refused(
            observation,
            version,
            f"spec.version is {version}, but {why}. Set a version that was proven here or there, remove it to follow "
            f"{source}, or remove spec.promotion to deploy without proof.",
        )
    return adopted(observation, Offer(version, offered.snapshot, offered.proof, source), PromotionState.PINNED)


def _offered(observation: Observation, source: str, now: float) -> Adoption:
    view = observation.upstream
    if view is None or view.problem:
        problem = view.problem if view is not None else f"{source} has not been read yet"
        return stay(observation, PromotionState.NO_DATA, f"Nothing new is adopted: {problem}.")
    version = view.stable
    offered = view.versions.get(version) if version is not None else None
    if version is None or offered is None:
        return stay(observation, PromotionState.WAITING, f"{source} serves no version yet.")
    if offered.proven_since is None:
        message = f"{source} serves {version}, which is not proven there ({offered.verdict})."
        return stay(observation, PromotionState.WAITING, message, version)
    if offered.has_unknown_fields:
        message = f"{version} is proven in {source} and is not adopted: {_unknown_fields(source)}."
        return stay(observation, PromotionState.REFUSED, message, version)
    if offered.proof is None:
        message = (
            f"{source} has proven {version}, but its image digest or fingerprint is not known there: use "
            "spec.health.source.kind pods, or set spec.model.fingerprint."
        )
        return stay(observation, PromotionState.WAITING, message, version)
    offer = Offer(version, offered.snapshot, offered.proof, source)
    return _followed(observation, offer) or _adopt_when_due(observation, offer, offered.proven_since, now)


def _followed(observation: Observation, offer: Offer) -> Adoption | None:
    """None if it is neither what was adopted last nor what serves after that was taken back."""
    status, version = observation.status, offer.version
    if version == status.version and version in observation.revisions:
        return _kept(observation, offer)
    if version != status.stable or status.rollout is not None:
        return None
    gone = "" if status.version in _by_hand(observation) else f"; {status.version} does not any more"
    message = f"{version} serves here as in {offer.source}{gone}."
    return replace(stay(observation, PromotionState.FOLLOWING, message, version), proof=offer.proof)


def _kept(observation: Observation, offer: Offer) -> Adoption:
    version, known = offer.version, observation.revisions[offer.version]
    differing = disagreement(offer.proof, known.spec.snapshot(), known.status)
    if differing:
        message = f"{version} is not here what {offer.source} has proven under that name: {differing} differ."
        return Adoption(version, PromotionState.REFUSED, message, version, offer.proof)
    return Adoption(version, PromotionState.FOLLOWING, offer.vouched, version, offer.proof)


def _adopt_when_due(observation: Observation, offer: Offer, proven_since: float, now: float) -> Adoption:
    version, promotion = offer.version, observation.spec.promotion
    due = proven_since + (promotion.soak_seconds if promotion is not None else 0)
    if now < due:
        message = f"{version} is proven in {offer.source} and soaks there until {to_timestamp(due)}."
        return replace(stay(observation, PromotionState.SOAKING, message, version), proof=offer.proof, until=due)
    waits = _reason_to_hold(observation, version, offer.source)
    if waits:
        return replace(stay(observation, PromotionState.HELD, waits, version), proof=offer.proof)
    known = observation.revisions.get(version)
    if known is not None and known.status.verdict is RevisionVerdict.REJECTED:
        message = (
            f"{version} is proven in {offer.source} and was rejected here ({known.status.message}) It is not adopted "
            "again: `kubectl bert retry` it, or release a new version there."
        )
        return replace(stay(observation, PromotionState.REFUSED, message, version), proof=offer.proof)
    return adopted(observation, offer, PromotionState.FOLLOWING)


def _reason_to_hold(observation: Observation, version: str, source: str) -> str:
    """What comes first here. One version after the other: a younger one does not push out what is being judged."""
    status, view = observation.status, observation.upstream
    if view is not None and view.is_older(version, than=status.version):
        return (
            f"{source} went back to {version}; {status.version} stays here until there is a newer one. Set "
            f"spec.version to {version} to go back as well."
        )
    if observation.spec.paused:
        return f"{version} is adopted when spec.paused is false."
    if status.rollout is not None:
        return f"{version} is adopted when {status.rollout.version} has come to its end here."
    watched = status.observation
    judged = observation.revisions.get(watched.version) if watched is not None else None
    if judged is not None and judged.status.verdict is RevisionVerdict.CANDIDATE:
        return f"{version} is adopted when {judged.spec.version} is judged here."
    return ""


def _with_revocation(observation: Observation, adoption: Adoption, source: str) -> Adoption:
    """What serves here is not taken away because upstream changed its mind; people are told."""
    if adoption.target != observation.status.version:
        return adoption
    for version in dict.fromkeys((observation.status.stable, *_by_hand(observation))):
        record = observation.revisions.get(version) if version is not None else None
        revoked = revocation(observation.upstream, record, source) if record is not None else ""
        if revoked:
            way = "take it out of spec.traffic" if observation.spec.traffic else "set spec.version to go back"
            message = f"{revoked} It stays here: {way}, or wait for a newer version. {adoption.message}"
            return replace(adoption, state=PromotionState.REVOKED, version=version, message=message)
    return adoption


def _by_hand(observation: Observation) -> list[str]:
    """Versions that a person gave a share of the traffic."""
    return [share.version for share in observation.spec.traffic]
