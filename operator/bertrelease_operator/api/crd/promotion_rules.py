"""The rules of spec.promotion, and of what it lets one leave out."""

from collections.abc import Mapping
from typing import Final

from bertrelease_operator.api.crd.rule import REQUIRED, Path, Rule

_FOLLOWS: Final = "(has(self.promotion) && has(self.promotion.from))"
# Where versions come from elsewhere, the fields are a template for the next one: the record of each version is whole.
TEMPLATE: Final = (
    "(has(self.spec.promotion) && has(self.spec.promotion.from))"
    " || (has(oldSelf.spec.promotion) && has(oldSelf.spec.promotion.from))"
)

NOT_ITSELF: Final = Rule(
    "!has(self.spec.promotion) || !has(self.spec.promotion.from)"
    " || self.spec.promotion.from.name != self.metadata.name"
    " || has(self.spec.promotion.from.__namespace__) || has(self.spec.promotion.from.kubeconfigSecretRef)",
    "a release cannot follow itself: name another one, or the namespace or cluster that it is in",
    field=".spec.promotion.from",
)

SOURCE_OF_VERSIONS: Final = [
    Rule(
        f"has(self.version) || {_FOLLOWS}",
        "set the version that should serve, or promotion.from to follow another release",
        field=".version",
        reason=REQUIRED,
    ),
    Rule(
        f"has(self.model) || {_FOLLOWS}",
        "set the model that is served, or promotion.from to take it from another release",
        field=".model",
        reason=REQUIRED,
    ),
]

PROMOTION_RULES: Final[Mapping[Path, list[Rule]]] = {
    ("spec", "promotion"): [
        Rule(
            "has(self.from) || size(self.allowedNamespaces) > 0",
            "set from to follow another release, or allowedNamespaces to be followed; or leave promotion out",
            reason=REQUIRED,
        ),
        Rule(
            "!has(self.from) || !has(self.from.kubeconfigSecretRef) || has(self.from.__namespace__)",
            "another cluster needs the namespace there: set namespace",
            field=".from.namespace",
            reason=REQUIRED,
        ),
    ],
}
