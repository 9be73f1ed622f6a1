"""What an adopted version becomes here: proven contents in this environment's clothes."""

from collections.abc import Iterator
from typing import Final

from pydantic.alias_generators import to_camel

from bertrelease_operator.api.promotion import Proof
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.workload import Image, Model, ServerConfig, Snapshot
from bertrelease_operator.core.clipping import one_line
from bertrelease_operator.core.observation import Observation

_LONGEST_VALUE: Final = 100


def adopted_record(
    observation: Observation, version: str, proven: Snapshot, proof: Proof, source: str
) -> BertRevisionSpec:
    """Model, config and the image's tag as they were proven; how the version runs and who may ask it, as here.

    The fingerprint is expected from the first moment on: a pod with another bundle never becomes ready.
    """
    spec = observation.spec
    return BertRevisionSpec(
        release=observation.name,
        version=version,
        promoted_from=source,
        proof=proof,
        image=_image(spec.image, proven.image),
        model=_model(spec.model, proven.model, proof),
        config=proven.config.model_copy(update={"api_keys": spec.config.api_keys}),
        resources=spec.resources,
        probes=spec.probes,
        pod_template=spec.pod_template,
    )


def _image(here: Image, proven: Image) -> Image:
    return here.model_copy(update={"tag": proven.tag, "digest": here.digest or proven.digest})


def _model(here: Model | None, proven: Model, proof: Proof) -> Model:
    source = here.source if here is not None else proven.source
    return proven.model_copy(update={"fingerprint": proof.fingerprint, "source": source})


def declared_difference(spec: BertReleaseSpec, version: str, proven: Snapshot, proof: Proof) -> str:
    """The first thing that the spec here asks for and that was proven otherwise, in a clause; empty if there is none.

    What the spec leaves at its default is not asked for: it is taken as it was proven.
    """
    return next(
        (
            f"spec.{field} is {_shown(wanted)} here, and was {_shown(had)} when it was proven"
            for field, wanted, had in _declared(spec, version, proven, proof)
            if wanted != had
        ),
        "",
    )


def _declared(
    spec: BertReleaseSpec, version: str, proven: Snapshot, proof: Proof
) -> Iterator[tuple[str, object, object]]:
    """(field, as declared here, as proven)."""
    if spec.image.tag is not None:
        yield "image.tag", spec.image.tag, proven.image.tag or version
    if spec.image.digest is not None:
        yield "image.digest", spec.image.digest, proof.image_digest
    if spec.model is not None:
        yield "model.name", spec.model.name, proven.model.name
        # Its default may also be the API server's, and nobody's wish.
        if "tasks" in spec.model.model_dump(exclude_defaults=True):
            yield "model.tasks", sorted(spec.model.tasks), sorted(proven.model.tasks)
        if spec.model.fingerprint is not None:
            yield "model.fingerprint", spec.model.fingerprint, proof.fingerprint
    yield from _declared_config(spec.config, proven.config)


def _declared_config(here: ServerConfig, proven: ServerConfig) -> Iterator[tuple[str, object, object]]:
    """Who has a key is the environment's matter."""
    had = proven.model_dump()
    for name, wanted in here.model_dump(exclude_defaults=True, exclude={"api_keys"}).items():
        if name == "extra":
            yield from ((f"config.extra.{key}", value, proven.extra.get(key)) for key, value in wanted.items())
        else:
            yield f"config.{to_camel(name)}", wanted, had[name]


def _shown(value: object) -> str:
    text = "not set" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
    return one_line(text, _LONGEST_VALUE)
