"""spec.promotion: following another release, stage by stage, on proof."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import LIST_SET, ApiModel
from bertrelease_operator.api.secrets import SecretKeyName, SecretValue
from bertrelease_operator.api.values import Digest, NamespaceName, ObjectName
from bertrelease_operator.api.version import MAX_RELEASE_NAME


class KubeconfigSecret(SecretValue):
    """A kubeconfig, complete in itself: no files, no programs."""

    key: SecretKeyName = Field(default="kubeconfig", description="Where in the Secret the kubeconfig is.")


class Upstream(ApiModel):
    """The release that is followed."""

    name: ObjectName = Field(max_length=MAX_RELEASE_NAME, description="Name of the BertRelease.")
    namespace: NamespaceName | None = Field(default=None, description="Its namespace; by default this one's.")
    kubeconfig_secret_ref: KubeconfigSecret | None = Field(
        default=None, description="How to reach its cluster, if that is another one."
    )

    def described(self, own_namespace: str) -> str:
        """`staging/fill-mask`, for people; with the Secret for another cluster."""
        where = f"{self.namespace or own_namespace}/{self.name}"
        secret = self.kubeconfig_secret_ref
        return where if secret is None else f"{where} in the cluster of Secret {secret.name}"


class Promotion(ApiModel):
    """Where versions come from, and who may take them from here."""

    from_: Upstream | None = Field(
        default=None,
        alias="from",
        description=(
            "The release whose proven versions are adopted here, while spec.version is left out. With spec.version a "
            "person pins a version, which must be proven here or there."
        ),
    )
    soak_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)] = Field(
        default=600,
        description="How long a version must have been proven and stable there before it is adopted here.",
    )
    allowed_namespaces: Annotated[list[NamespaceName], Field(max_length=32)] = Field(
        default_factory=list,
        description=(
            "Namespaces whose releases may follow this one, besides its own. They see its versions, their contents and "
            "verdicts."
        ),
        json_schema_extra=LIST_SET,
    )


class Proof(ApiModel):
    """What exactly a release has proven. What runs in the next stage must be the same."""

    image_digest: Digest = Field(description="Digest of the image, as the kubelet resolved it.")
    fingerprint: Digest = Field(description="Fingerprint of the model bundle.")
    config_digest: Digest = Field(description="Digest of spec.config, and of the model's name and tasks.")


class PromotionState(StrEnum):
    """How far the upstream release's version has come towards this one."""

    NO_DATA = "NoData"  # the upstream release cannot be read: nothing is adopted
    WAITING = "Waiting"  # it has nothing proven to offer
    SOAKING = "Soaking"  # proven and stable there, for less than soakSeconds
    HELD = "Held"  # something here comes first
    REFUSED = "Refused"  # it must not run here
    FOLLOWING = "Following"  # it was adopted here
    PINNED = "Pinned"  # spec.version says what runs here
    REVOKED = "UpstreamRevoked"  # what was adopted here is not proven there any more
