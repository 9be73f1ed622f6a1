"""What binds a proof to what runs: the image's digest, the bundle's fingerprint, the digest of the config."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Final

from bertrelease_operator.api.promotion import Proof
from bertrelease_operator.api.status import BertRevisionStatus
from bertrelease_operator.api.workload import Snapshot

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def config_digest(snapshot: Snapshot) -> str:
    """sha256 over the server's config and the model's name and tasks; defaults are left out, as in `spec_digest`.

    Where the bundle lies is the environment's matter: the fingerprint says what it holds. So is who has a key.
    """
    fields = {
        "config": snapshot.config.model_dump(mode="json", exclude_defaults=True, exclude={"api_keys"}),
        "model": snapshot.model.model_dump(mode="json", include={"name", "tasks"}),
    }
    return "sha256:" + hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def digests_of(texts: Iterable[str | None]) -> frozenset[str]:
    """All that are in `texts`, such as `registry/bert@sha256:...` or `sha256:...`."""
    return frozenset(digest for text in texts for digest in _DIGEST.findall(text or ""))


def digest_of(text: str | None) -> str | None:
    """The one in `text`; None if there is none, or more than one."""
    found = digests_of([text])
    return next(iter(found)) if len(found) == 1 else None


def proof_of(snapshot: Snapshot, status: BertRevisionStatus) -> Proof | None:
    """What ran as this version; None while part of it is not known.

    A pod with another fingerprint than the declared one never becomes ready, so that a declared one is as good as one
    that was read from the pods.
    """
    image, fingerprint = digest_of(status.image_id), digest_of(status.fingerprint) or snapshot.model.fingerprint
    if image is None or fingerprint is None:
        return None
    return Proof(image_digest=image, fingerprint=fingerprint, config_digest=config_digest(snapshot))


def disagreement(proof: Proof, snapshot: Snapshot, status: BertRevisionStatus) -> str:
    """What is known to differ between `proof` and a version as it ran here; empty if nothing is."""
    bundles = digests_of([status.fingerprint]) or digests_of([snapshot.model.fingerprint])
    differing = [
        what
        for what, proven, here in (
            ("the image", proof.image_digest, digests_of([status.image_id])),
            ("the model bundle", proof.fingerprint, bundles),
            ("the config", proof.config_digest, {config_digest(snapshot)}),
        )
        if here - {proven}
    ]
    return " and ".join(differing)
