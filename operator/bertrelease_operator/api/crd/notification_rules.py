"""The rules of spec.notifications."""

from collections.abc import Mapping
from typing import Final

from bertrelease_operator.api.crd.rule import FORBIDDEN, ITEMS, REQUIRED, Path, Rule

_RECEIVER = [
    Rule(
        "has(self.url) || has(self.urlSecretRef)",
        "a receiver needs an address: write urlSecretRef, or url if nothing in it is secret",
        field=".urlSecretRef",
        reason=REQUIRED,
    ),
    Rule(
        "!has(self.url) || !has(self.urlSecretRef)",
        "the address comes from one place: leave out url, or urlSecretRef",
        field=".url",
        reason=FORBIDDEN,
    ),
    Rule(
        "self.kind == 'webhook' || !has(self.url)",
        "apprise's URLs hold credentials: put it into a Secret, and write urlSecretRef",
        field=".url",
        reason=FORBIDDEN,
    ),
]

NOTIFICATION_RULES: Final[Mapping[Path, list[Rule]]] = {("spec", "notifications", ITEMS): _RECEIVER}
