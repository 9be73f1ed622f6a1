"""Releases that follow one another, each a world of its own, with one clock."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.core.promotion.upstream import upstream_view
from bertrelease_operator.core.promotion.view import UpstreamView
from tests.support.world import World, release_spec

CUT_OFF: Final = UpstreamView(problem="its API server does not answer")
SOAK_SECONDS: Final = 30


def digest(text: str) -> str:
    """A digest of the right form, different for each text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def image_of(version: str) -> str:
    """As the kubelet resolves the image of `version`, wherever it runs."""
    return f"localhost/bert@{digest('image ' + version)}"


def contents_of(version: str) -> dict[str, Any]:
    return {"name": f"bert-{version}", "fingerprint": digest("model " + version)}


def following(name: str = "dev", **changes: Any) -> World:
    """A release that takes its versions from another one and has no contents of its own."""
    promotion = {"from": {"name": "fill-mask", "namespace": name}, "soakSeconds": SOAK_SECONDS}
    return World(release_spec(None, **{"model": None, "promotion": promotion, **changes}))


@dataclass
class Pipeline:
    """The first stage is released to by people, each other one follows the one before it."""

    stages: list[World]
    cut_off: set[int] = field(default_factory=set)  # stages that cannot read the one before them

    @classmethod
    def of(cls, *followers: World) -> "Pipeline":
        """`followers` behind a first stage in which v1.0.0 has just been released."""
        first = World(release_spec("v1.0.0", model=contents_of("v1.0.0")))
        first.image_ids["v1.0.0"] = image_of("v1.0.0")
        return cls([first, *followers])

    def release(self, version: str, **changes: Any) -> None:
        """Into the first stage. Its image is the same in every stage, unless a test says otherwise."""
        self.stages[0].edit(version, **{"model": contents_of(version), **changes})
        for stage in self.stages:
            stage.image_ids.setdefault(version, image_of(version))

    def look(self, number: int) -> None:
        """Stage `number` reads the one before it."""
        if number:
            before = self.stages[number - 1]
            view = upstream_view(before.status, before.revisions)
            self.stages[number].upstream = CUT_OFF if number in self.cut_off else view

    def run(self, seconds: float, step: float = 1.0) -> None:
        """Time passes; each stage is looked at once in each step."""
        end = self.stages[0].now + seconds
        while self.stages[0].now < end:
            for number, stage in enumerate(self.stages):
                self.look(number)
                stage.reconcile()
                stage.start_pods()
                stage.now += step

    @property
    def stable(self) -> list[str | None]:
        return [stage.status.stable for stage in self.stages]


def proven_everywhere(**changes: Any) -> tuple[Pipeline, World, World]:
    """v1.0.0 is proven in dev and in prod, and nobody is watched any more."""
    pipeline = Pipeline.of(following("dev", **changes))
    pipeline.release("v1.0.0")
    pipeline.run(600, step=5)
    dev, prod = pipeline.stages
    assert pipeline.stable == ["v1.0.0", "v1.0.0"]
    assert prod.revisions["v1.0.0"].status.verdict is RevisionVerdict.PROVEN
    return pipeline, dev, prod


def rolling_out(**changes: Any) -> tuple[Pipeline, World, World]:
    """v1.1.0 has its first share of prod's traffic."""
    pipeline, dev, prod = proven_everywhere(**changes)
    pipeline.release("v1.1.0")
    while not prod.weights.get("v1.1.0"):
        pipeline.run(1)
    return pipeline, dev, prod


def promotion_of(stage: World) -> tuple[PromotionState, str | None]:
    assert stage.status.promotion is not None
    return stage.status.promotion.state, stage.status.promotion.version


def message_of(stage: World) -> str:
    assert stage.status.promotion is not None
    return stage.status.promotion.message
