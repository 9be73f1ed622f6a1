"""Section `goldenSet` of a gate."""

from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.health import ExtraPercent
from bertrelease_operator.api.values import ConfigMapKey, ObjectName


class CasesConfigMap(ApiModel):
    """A ConfigMap in the release's namespace."""

    name: ObjectName = Field(description="Of the ConfigMap.")
    key: ConfigMapKey = Field(
        default="cases.yaml", description="Whose value holds the cases: JSON Lines if it ends in .jsonl, else YAML."
    )


class GoldenSet(ApiModel):
    """Known questions, put to the candidate's own Service and, the same ones, to the stable version's."""

    config_map: CasesConfigMap | None = Field(default=None, description="Cases that people wrote.")
    bundle: bool = Field(
        default=False,
        description=(
            "Also what the stable version's bundle was surest of when it was packaged: texts and the answers that it "
            "gave. Of the candidate's own bundle if there is no stable version."
        ),
    )
    min_accuracy_percent: Annotated[float, Field(ge=0, le=100)] = Field(
        default=90,
        description=(
            "Share of the cases with a right and a wrong answer that must be right, by weight, and of the translations "
            "that must come at all."
        ),
    )
    max_accuracy_loss_percent: ExtraPercent = Field(
        default=2,
        description=(
            "By how many percentage points the accuracy may be below the stable version's; more fails unless an exact "
            "paired test takes it for chance. 100 turns the comparison off."
        ),
    )
    min_bleu: Annotated[float | None, Field(ge=0, le=100)] = Field(
        default=None, description="Smallest BLEU of all translations together, from 0 to 100."
    )
    max_ter: Annotated[float | None, Field(ge=0, le=1000)] = Field(
        default=None, description="Largest translation edit rate of all translations together, in percent."
    )
    max_bleu_loss: ExtraPercent = Field(
        default=2,
        description=(
            "By how many points BLEU may be below the stable version's; judged by a paired bootstrap over the cases. "
            "100 turns the comparison off."
        ),
    )
    concurrency: Annotated[int, Field(ge=1, le=32)] = Field(
        default=4, description="Questions to each version at the same time."
    )
    request_timeout_seconds: Annotated[int, Field(ge=1, le=120)] = Field(
        default=10, description="How long one answer may take."
    )

    @property
    def compares(self) -> bool:
        """Whether the stable version is asked as well."""
        return self.max_accuracy_loss_percent is not None or self.max_bleu_loss is not None
