"""The cases of a golden set, as people write them into a ConfigMap."""

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, TypeAdapter, model_validator

from bertrelease_operator.api.base import ApiModel

MASK = "[MASK]"

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Case(ApiModel):
    id: Annotated[str, Field(max_length=100)] = Field(
        default="", description="Names the case where it failed; its number by default."
    )


class _RightOrWrong(_Case):
    weight: Annotated[int, Field(ge=1, le=10)] = Field(
        default=1, description="Counts as so many cases in the accuracy and in its comparison."
    )


class FillMaskCase(_RightOrWrong):
    """Right if one of the expected words is among the `topK` likeliest."""

    text: Text = Field(description="A text with one [MASK].")
    expected: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=20)]
    top_k: Annotated[int, Field(ge=1, le=20)] = 1

    @model_validator(mode="after")
    def _has_one_mask(self) -> Self:
        if self.text.count(MASK) != 1:
            raise ValueError(f"text must have {MASK} once")
        return self


class SimilarityCase(_RightOrWrong):
    """Right if the similarity of the two texts is within the limits."""

    a: Text
    b: Text
    min: Annotated[float, Field(ge=0, le=1)] = 0
    max: Annotated[float, Field(ge=0, le=1)] = 1

    @model_validator(mode="after")
    def _can_be_wrong(self) -> Self:
        if not 0 < self.max - self.min < 1:
            raise ValueError("set min, max or both, min below max")
        return self


class TranslationCase(_Case):
    """Has no right or wrong of its own: all translations together are scored by BLEU and TER."""

    source: Text
    references: Annotated[list[Text], Field(min_length=1, max_length=8)]

    @model_validator(mode="before")
    @classmethod
    def _one_reference(cls, value: Any) -> Any:
        if isinstance(value, dict) and "reference" in value and "references" not in value:
            rest = {name: given for name, given in value.items() if name != "reference"}
            return rest | {"references": [value["reference"]]}
        return value


def _kind(value: Any) -> str | None:
    fields = value.keys() if isinstance(value, dict) else ()
    return next((name for name in ("text", "a", "source") if name in fields), None)


GoldenCase = FillMaskCase | SimilarityCase | TranslationCase

GOLDEN_CASE: TypeAdapter[GoldenCase] = TypeAdapter(
    Annotated[
        Annotated[FillMaskCase, Tag("text")]
        | Annotated[SimilarityCase, Tag("a")]
        | Annotated[TranslationCase, Tag("source")],
        Discriminator(
            _kind,
            custom_error_type="kind_of_case",
            custom_error_message="write text and expected, a and b, or source and references",
        ),
    ]
)
