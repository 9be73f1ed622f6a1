"""Versions as a real rollout leaves them behind, recording and all."""

from functools import cache
from typing import Any

from bertrelease_operator.api.names import GROUP_VERSION, LABEL_RELEASE, LABEL_VERSION, REVISION_KIND, child_name
from bertrelease_operator.cli.objects import Manifest
from bertrelease_operator.core.clock import to_timestamp
from tests.support.measured import Behaviour, MeasuredWorld
from tests.support.world import release_spec


@cache
def failed_and_good() -> dict[str, Manifest]:
    """v1.1.0 was promoted over v1.0.0, v1.2.0 was taken back for its errors."""
    world = MeasuredWorld(release_spec("v1.0.0"))
    world.run(300)
    world.release("v1.1.0")
    world.run(300)
    world.behaviours["v1.2.0"] = Behaviour(error_share=0.3)
    world.release("v1.2.0", config={"threads": 2})
    world.run(60)
    return {version: _manifest(world, version) for version in world.revisions}


def _manifest(world: MeasuredWorld, version: str) -> Manifest:
    view = world.revisions[version]
    written: dict[str, Any] = {
        part: model.model_dump(mode="json", by_alias=True, exclude_none=True)
        for part, model in (("spec", view.spec), ("status", view.status))
    }
    labels = {LABEL_RELEASE: view.spec.release, LABEL_VERSION: version}
    metadata = {
        "name": child_name(view.spec.release, version),
        "namespace": "shop",
        "creationTimestamp": to_timestamp(view.created_at),
        "labels": labels,
    }
    return {"apiVersion": GROUP_VERSION, "kind": REVISION_KIND, "metadata": metadata, **written}
