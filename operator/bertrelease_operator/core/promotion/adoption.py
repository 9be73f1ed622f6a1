"""What following comes to, once it is clear which version is offered."""

from dataclasses import dataclass, replace

from bertrelease_operator.api.promotion import PromotionState, Proof
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.workload import Snapshot
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.promotion.proof import disagreement
from bertrelease_operator.core.promotion.template import adopted_record, declared_difference


@dataclass(frozen=True, slots=True)
class Adoption:
    """The version to serve here, and how it stands with the upstream release."""

    target: str | None
    state: PromotionState
    message: str
    version: str | None = None  # that the state is about
    proof: Proof | None = None
    record: BertRevisionSpec | None = None  # to be created: the version is new here
    refusal: str = ""  # why the spec cannot be followed, if that is so
    until: float | None = None  # when time alone changes the answer, in epoch seconds


@dataclass(frozen=True, slots=True)
class Offer:
    """A version that upstream has proven."""

    version: str
    contents: Snapshot
    proof: Proof
    source: str  # upstream, for people

    @property
    def vouched(self) -> str:
        return f"{self.version} is what {self.source} has proven."


def stay(observation: Observation, state: PromotionState, message: str, version: str | None = None) -> Adoption:
    """With what was accepted last."""
    return Adoption(observation.status.version, state, message, version)


def adopted(observation: Observation, offer: Offer, state: PromotionState) -> Adoption:
    """Refused if it would not be here what was proven there."""
    version, proof = offer.version, offer.proof
    known = observation.revisions.get(version)
    if known is not None:
        differing = disagreement(proof, known.spec.snapshot(), known.status)
        if differing:
            return refused(
                observation,
                version,
                f"{version} was recorded here before, and {differing} differ from what {offer.source} has proven "
                "under that name. Release it there under a new version.",
            )
        return Adoption(version, state, offer.vouched, version, proof)
    declared = declared_difference(observation.spec, version, offer.contents, proof)
    if declared:
        return refused(
            observation,
            version,
            f"{version} of {offer.source} would not be here what was proven there: {declared}. Leave it out here to "
            "take it as it was proven, or change it there with a new version.",
        )
    record = adopted_record(observation, version, offer.contents, proof, offer.source)
    return Adoption(version, state, offer.vouched, version, proof, record)


def refused(observation: Observation, version: str, refusal: str) -> Adoption:
    """The spec itself cannot be followed."""
    return replace(stay(observation, PromotionState.REFUSED, refusal, version), refusal=refusal)
