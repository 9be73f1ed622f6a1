"""A Job of the user's own that judges a version."""

from typing import Annotated, Final

from pydantic import Field

from bertrelease_operator.api.base import LIST_SET, ApiModel
from bertrelease_operator.api.values import ImageReference, LabelValue, ObjectName
from bertrelease_operator.api.workload import PullPolicy, Resources

_Text = Annotated[str, Field(max_length=4096)]
# The user of the project's own images; a number, because runAsNonRoot cannot judge a name.
_USER_ID: Final = 65532


class JobTemplate(ApiModel):
    """One container, with nothing but /tmp to write to, and without a token for the API server."""

    image: ImageReference = Field(description="Image, with a tag or digest that never moves.")
    pull_policy: PullPolicy = Field(default=PullPolicy.IF_NOT_PRESENT, description="When the kubelet pulls the image.")
    pull_secrets: Annotated[list[ObjectName], Field(max_length=8)] = Field(
        default_factory=list, description="Names of Secrets with registry credentials.", json_schema_extra=LIST_SET
    )
    command: Annotated[list[_Text], Field(max_length=64)] = Field(
        default_factory=list, description="Instead of the image's entry point."
    )
    args: Annotated[list[_Text], Field(max_length=64)] = Field(
        default_factory=list, description="Arguments of the command."
    )
    env: Annotated[dict[str, _Text], Field(max_length=64)] = Field(
        default_factory=dict,
        description="Variables by name, besides those that tell of the version: BERTRELEASE_URL and so on.",
    )
    secrets: Annotated[list[ObjectName], Field(max_length=8)] = Field(
        default_factory=list,
        description="Names of Secrets whose keys become variables as well.",
        json_schema_extra=LIST_SET,
    )
    resources: Resources = Field(default_factory=Resources, description="Requests and limits of the container.")
    service_account_name: ObjectName | None = Field(
        default=None, description="As in a pod; its token is never mounted."
    )
    run_as_user: Annotated[int, Field(ge=1, le=2**31 - 1)] = Field(
        default=_USER_ID, description="Number of the user that the container runs as; never root."
    )
    labels: Annotated[dict[str, LabelValue], Field(max_length=32)] = Field(
        default_factory=dict, description="Further labels of the pod, such as sidecar.istio.io/inject."
    )
    node_selector: Annotated[dict[str, LabelValue], Field(max_length=32)] = Field(
        default_factory=dict, description="Labels that a node must have."
    )


class Job(ApiModel):
    """Runs in the release's namespace. Success passes, failure fails, and what cannot start is NoData."""

    template: JobTemplate = Field(description="What runs.")
    backoff_limit: Annotated[int, Field(ge=0, le=10)] = Field(
        default=0, description="How often it is tried again before its failure counts."
    )
