"""A person's yes."""

from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel


class Approval(ApiModel):
    """Somebody who may approve (RBAC: update on bertreleases/approve) says yes to this very version and attempt."""

    instructions: Annotated[str, Field(max_length=500)] = Field(
        default="", description="What to look at before saying yes; shown to those who are asked."
    )
