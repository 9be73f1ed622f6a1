"""A person's one-off requests: annotation `bertrelease.io/command`, "<verb> <version> <id>"."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bertrelease_operator.api.status import RevisionVerdict, RolloutStage
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.endings import abandon, take_back
from bertrelease_operator.core.patience import restarted
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.steps import awaits_person


class Verb(StrEnum):
    PROMOTE = "promote"
    ABORT = "abort"
    RETRY = "retry"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked, bound to the version that the person saw."""

    verb: Verb
    version: str


def parse_command(annotation: str) -> Command | None:
    """None if it is not `<verb> <version> <id>` with a known verb."""
    match annotation.split():
        case [verb, version, _] if verb in set(Verb):
            return Command(Verb(verb), version)
        case _:
            return None


def obey(situation: Situation, progress: Progress) -> Progress:
    """Carries out a command that was not handled yet; each is handled once, also when it comes to nothing."""
    annotation = situation.observation.command
    if annotation is None or annotation == progress.handled_command:
        return progress
    progress = replace(progress, handled_command=annotation)
    command = parse_command(annotation)
    if command is None:
        return progress.told(
            "CommandIgnored",
            f"{annotation!r} is not a command; use kubectl bert promote, abort, retry or resume.",
            warning=True,
        )
    done = _OBEY[command.verb](situation, progress, command.version)
    if done is None:
        return progress.told(
            "CommandIgnored", f"Nothing to {command.verb} for {command.version} at the moment.", warning=True
        )
    return done


def _promote(situation: Situation, progress: Progress, version: str) -> Progress | None:
    rollout = progress.rollout
    if rollout is None or rollout.version != version or rollout.stage is not RolloutStage.STEPPING:
        return None
    # Who was asked, and says yes, adds to the evidence instead of doing without.
    was_asked = awaits_person(situation.observation.spec, rollout)
    changes = {"promoted_at": to_timestamp(situation.now), "by_hand": not was_asked}
    without = "" if was_asked else " without waiting for the rest of its evidence"
    return replace(progress, rollout=rollout.model_copy(update=changes)).told(
        "PromotedByHand", f"A person promoted {version}{without}."
    )


def _abort(situation: Situation, progress: Progress, version: str) -> Progress | None:
    if progress.rollout is not None and progress.rollout.version == version and progress.stable is not None:
        return abandon(situation, progress, "Aborted", f"A person aborted {version}.")
    watched = progress.observation
    if watched is not None and watched.version == version and watched.previous is not None:
        return take_back(situation, progress, "Aborted", f"A person took {version} back.", RevisionVerdict.UNPROVEN)
    return None


def _retry(_situation: Situation, progress: Progress, version: str) -> Progress | None:
    if version not in progress.revisions:
        return None
    over = progress.concluded is not None and progress.concluded.version == version
    if not over and progress.verdict(version) is not RevisionVerdict.REJECTED:
        return None
    if progress.verdict(version) is not RevisionVerdict.PROVEN:
        progress = progress.tried_anew(version, "Retried", "A person asked for another try.")
    return replace(progress, concluded=None if over else progress.concluded).told(
        "Retried", f"A person asked to try {version} again.", about=version
    )


def _resume(situation: Situation, progress: Progress, version: str) -> Progress | None:
    rollout = progress.rollout
    if rollout is None or rollout.version != version or rollout.stage is not RolloutStage.STEPPING:
        return None
    return replace(progress, rollout=restarted(situation, rollout)).told(
        "Resumed", f"A person resumed {version}; its step starts anew."
    )


_OBEY = {Verb.PROMOTE: _promote, Verb.ABORT: _abort, Verb.RETRY: _retry, Verb.RESUME: _resume}
