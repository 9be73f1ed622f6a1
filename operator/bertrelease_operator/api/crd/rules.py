"""What a schema alone cannot say: CEL rules, by the path of the node that they are attached to.

Every message says what to do. Rules that compare with `oldSelf` are checked on updates only.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic.alias_generators import to_camel

from bertrelease_operator.api.crd.autoscaling_rules import AUTOSCALED_SPEC, AUTOSCALING_RULES
from bertrelease_operator.api.crd.gate_rules import GATE_RULES, GATES_AND_NETWORK
from bertrelease_operator.api.crd.network_rules import NETWORK_RULES
from bertrelease_operator.api.crd.notification_rules import NOTIFICATION_RULES
from bertrelease_operator.api.crd.promotion_rules import NOT_ITSELF, PROMOTION_RULES, SOURCE_OF_VERSIONS, TEMPLATE
from bertrelease_operator.api.crd.router_rules import ROUTER_RULES
from bertrelease_operator.api.crd.rule import FORBIDDEN, ITEMS, REQUIRED, Path, Rule
from bertrelease_operator.api.crd.strategy_rules import STRATEGY_RULES
from bertrelease_operator.api.release import VERSION_BOUND_FIELDS
from bertrelease_operator.api.values import LABEL_KEY_PATTERN, LABEL_KEY_SENTENCE
from bertrelease_operator.api.version import MAX_RELEASE_NAME

# Contents that are not those of spec.version may be corrected without another version: the operator refused them, or
# only spec.version was edited to go back, and a Git revert now brings the rest. The operator then compares with the
# version's record.
_FOREIGN_CONTENTS = (
    "has(oldSelf.status) && has(oldSelf.status.contentsVersion)"
    " && has(oldSelf.spec.version) && oldSelf.status.contentsVersion != oldSelf.spec.version"
)
_OTHER_VERSION = "!has(self.spec.version) || !has(oldSelf.spec.version) || self.spec.version != oldSelf.spec.version"


def _bound_to_version(fields: Iterable[str]) -> list[Rule]:
    return [
        Rule(
            f"{_OTHER_VERSION} || {TEMPLATE} || ({_FOREIGN_CONTENTS})"
            f" || (has(self.spec.{field}) && has(oldSelf.spec.{field}) && self.spec.{field} == oldSelf.spec.{field})",
            "a version never changes: give spec.version a new value together with this change",
            field=f".spec.{field}",
            reason=FORBIDDEN,
        )
        for field in map(to_camel, fields)
    ]


_RELEASE_NAME = Rule(
    f"size(self.metadata.name) <= {MAX_RELEASE_NAME} && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    f"a release's name has at most {MAX_RELEASE_NAME} characters, lower-case letters, digits and hyphens, and begins "
    "with a letter: Services are named after it",
)

# `bert` at v1.0.0 and a release called `bert-v1-0-0` would both own a Service of that name.
_NO_VERSION_IN_NAME = Rule(
    "!self.metadata.name.matches('-v[0-9]+-[0-9]+-[0-9]+(-[0-9a-f]{7,12})?$')",
    "a release's name must not end like a version: versions of another release are called like that",
)

# `bert` in preview and a release called `bert-preview` would both own a Service of that name.
_NO_PREVIEW_IN_NAME = Rule(
    "!self.metadata.name.endsWith('-preview')",
    "a release's name must not end in -preview: the preview of another release is called like that",
)

# Set by typed fields, or by the operator through the pods' environment, which the server prefers to its file.
_OWN_SETTINGS = (
    *("threads", "queue_size", "max_body_bytes", "drain_seconds", "log_level", "api_keys_file"),
    *("bundle", "expected_fingerprint", "port", "metrics_port", "version", "release", "config"),
)

_CONFIG_EXTRA = [
    Rule(
        f"self.all(key, !(key in {list(_OWN_SETTINGS)}))",
        "the operator sets threads, queue_size, max_body_bytes, drain_seconds, log_level and api_keys_file from fields "
        "of their own, "
        "and bundle, ports, version, release and fingerprint by itself: leave them out of extra",
        reason=FORBIDDEN,
    )
]

_SPEC = [
    Rule(
        "!has(self.health.cpu) || !self.health.cpu.enabled || 'cpu' in self.resources.limits",
        "this is a percentage of resources.limits.cpu: set that limit, or leave this check out",
        field=".health.cpu",
        reason=FORBIDDEN,
    ),
    Rule(
        "!has(self.health.predictionDrift) || !self.health.predictionDrift.enabled || self.strategy.kind == 'mirror'"
        " || (has(self.health.predictionDrift.maxConfidenceShift) && self.strategy.kind != 'blueGreen')",
        "answers can be compared where requests are copied: set strategy.kind to mirror; with canary or abTest set "
        "maxConfidenceShift, which needs no copies; or leave this check out",
        field=".health.predictionDrift",
        reason=FORBIDDEN,
    ),
    Rule(
        "self.config.drainSeconds < self.podTemplate.terminationGracePeriodSeconds",
        "must be less than podTemplate.terminationGracePeriodSeconds, or pods are killed while they drain",
        field=".config.drainSeconds",
    ),
]

_IMAGE = [
    Rule(
        "!has(self.tag) || !self.tag.matches('[0-9]') || !self.tag.lowerAscii().matches('(^|[._-])latest([._-]|$)')",
        "latest moves; write a tag that never does, such as v1.2.0, or leave it out to use spec.version",
        field=".tag",
    )
]

_MODEL_SOURCE = [
    Rule(
        "self.kind != 'volume' || has(self.claimName)",
        "kind volume needs claimName, the PersistentVolumeClaim with the bundle",
        field=".claimName",
        reason=REQUIRED,
    ),
    Rule(
        "self.kind == 'volume' || !has(self.claimName)",
        "claimName is for kind volume: set kind to volume, or leave claimName out",
        field=".claimName",
        reason=FORBIDDEN,
    ),
]

_RESOURCES = [
    Rule(
        "self.requests.all(name, !(name in self.limits)"
        " || !isQuantity(string(self.requests[name])) || !isQuantity(string(self.limits[name]))"
        " || quantity(string(self.requests[name])).compareTo(quantity(string(self.limits[name]))) <= 0)",
        "a request must not exceed its limit: raise limits, or lower requests",
        field=".requests",
    )
]

_PROBE = [
    Rule(
        "self.timeoutSeconds <= self.periodSeconds",
        "must not exceed periodSeconds, or probes overlap",
        field=".timeoutSeconds",
    )
]

_LABEL_KEYS = Rule(f"self.all(key, key.matches('{LABEL_KEY_PATTERN}'))", LABEL_KEY_SENTENCE)

_OWN_LABELS = Rule(
    "self.all(key, !key.startsWith('bertrelease.io/') && !key.startsWith('app.kubernetes.io/'))",
    "keys below bertrelease.io/ and app.kubernetes.io/ are set by the operator: use a prefix of your own",
    reason=FORBIDDEN,
)

_HEALTH = [
    Rule(
        "size(self.custom) == 0 || self.source.kind == 'prometheus'",
        "custom checks are PromQL: set source.kind to prometheus and source.url, or leave them out",
        field=".custom",
        reason=FORBIDDEN,
    ),
    Rule(
        "self.source.intervalSeconds <= self.windowSeconds",
        "must not be less than source.intervalSeconds, or a window holds no look",
        field=".windowSeconds",
    ),
]

_HEALTH_SOURCE = [
    Rule(
        "self.kind != 'prometheus' || has(self.url)",
        "kind prometheus needs url, such as http://prometheus.monitoring:9090",
        field=".url",
        reason=REQUIRED,
    ),
    Rule(
        "self.kind == 'prometheus' || !has(self.url)",
        "url is for kind prometheus: set kind to prometheus, or leave url out",
        field=".url",
        reason=FORBIDDEN,
    ),
    Rule(
        "self.kind == 'prometheus' || self.metrics == 'server'",
        "only prometheus knows Istio's metrics: set kind to prometheus, or leave metrics out",
        field=".metrics",
        reason=FORBIDDEN,
    ),
]

_CUSTOM_CHECK = [
    Rule("has(self.min) || has(self.max)", "a check needs a limit: set max, min or both", reason=REQUIRED),
    Rule(
        "!has(self.min) || !has(self.max) || self.min <= self.max",
        "must not be greater than max, or nothing can pass",
        field=".min",
    ),
]

_HISTORY = [
    Rule("self.warm <= self.keep", "must not exceed keep: only what is kept can be warm", field=".warm"),
]

RELEASE_RULES: Final[Mapping[Path, list[Rule]]] = {
    (): [
        *(_RELEASE_NAME, _NO_VERSION_IN_NAME, _NO_PREVIEW_IN_NAME, NOT_ITSELF),
        *_bound_to_version(VERSION_BOUND_FIELDS),
    ],
    ("spec",): [*_SPEC, *AUTOSCALED_SPEC, *SOURCE_OF_VERSIONS, *GATES_AND_NETWORK, *ROUTER_RULES],
    ("spec", "config", "extra"): _CONFIG_EXTRA,
    ("spec", "image"): _IMAGE,
    ("spec", "model", "source"): _MODEL_SOURCE,
    ("spec", "resources"): _RESOURCES,
    ("spec", "probes", "startup"): _PROBE,
    ("spec", "probes", "readiness"): _PROBE,
    ("spec", "probes", "liveness"): _PROBE,
    ("spec", "podTemplate", "labels"): [_LABEL_KEYS, _OWN_LABELS],
    ("spec", "podTemplate", "annotations"): [_LABEL_KEYS],
    ("spec", "podTemplate", "nodeSelector"): [_LABEL_KEYS],
    **AUTOSCALING_RULES,
    **NETWORK_RULES,
    **NOTIFICATION_RULES,
    **PROMOTION_RULES,
    **STRATEGY_RULES,
    **GATE_RULES,
    ("spec", "health"): _HEALTH,
    ("spec", "health", "source"): _HEALTH_SOURCE,
    ("spec", "health", "custom", ITEMS): _CUSTOM_CHECK,
    ("spec", "history"): _HISTORY,
}

REVISION_RULES: Final[Mapping[Path, list[Rule]]] = {
    ("spec",): [
        Rule(
            "self == oldSelf",
            "a revision records what a version was and never changes: deploy a new version in its BertRelease",
            reason=FORBIDDEN,
        )
    ],
}
