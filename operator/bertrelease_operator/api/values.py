"""Strings with a form of their own, and what the API server says when one has another form."""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from bertrelease_operator.api.base import INT_OR_STRING, matching

# RFC 3339 in UTC with microseconds, as Kubernetes' MicroTime.
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

_PATH_SEGMENT = r"[a-z0-9]+([._-]+[a-z0-9]+)*"

Repository = Annotated[
    str,
    matching(
        rf"^([a-zA-Z0-9.-]+(:[0-9]+)?/)?{_PATH_SEGMENT}(/{_PATH_SEGMENT})*$",
        "write the repository alone, such as registry.example.org/bert; tag and digest have fields of their own",
        max_length=255,
    ),
]

# A tag without any digit is a word, and words move.
ImageTag = Annotated[
    str,
    matching(
        r"^([A-Za-z_][A-Za-z_.-]*)?[0-9][A-Za-z0-9_.-]*$",
        "this is a floating word or no tag at all; write a tag that never moves, such as v1.2.0, "
        "or leave it out to use spec.version",
        max_length=128,
    ),
]

ImageReference = Annotated[
    str,
    matching(
        rf"^([a-zA-Z0-9.-]+(:[0-9]+)?/)?{_PATH_SEGMENT}(/{_PATH_SEGMENT})*"
        r"(:([A-Za-z_][A-Za-z_.-]*)?[0-9][A-Za-z0-9_.-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$",
        "write an image with a tag or digest that never moves, such as registry.example.org/checks:v1.2.0",
        max_length=512,
    ),
]

Digest = Annotated[
    str, matching(r"^sha256:[0-9a-f]{64}$", "a digest is sha256: and 64 hexadecimal digits", max_length=71)
]

ObjectName = Annotated[
    str,
    matching(
        r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$",
        "the name of an object has only lower-case letters, digits, hyphens and dots",
        max_length=253,
    ),
]

ConfigMapKey = Annotated[
    str,
    matching(
        r"^[-._a-zA-Z0-9]+$",
        "a key has only letters, digits, hyphens, underscores and dots, such as cases.yaml",
        max_length=253,
    ),
]

LabelValue = Annotated[
    str,
    matching(
        r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
        "a label's value has only letters, digits, hyphens, underscores and dots, and none of the signs at its ends",
        max_length=63,
    ),
]

LABEL_KEY_PATTERN: Final = r"^([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
LABEL_KEY_SENTENCE: Final = "a key is a name, optionally with a DNS prefix, such as example.org/team"

LabelKey = Annotated[str, matching(LABEL_KEY_PATTERN, LABEL_KEY_SENTENCE, max_length=317)]

AbsolutePath = Annotated[str, matching(r"^/\S+$", "write an absolute path, such as /bundle", max_length=255)]

Host = Annotated[
    str,
    matching(
        r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        "a host is a DNS name without scheme, port or path, such as bert.example.org",
        max_length=253,
    ),
]

GatewayName = Annotated[
    str,
    matching(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$",
        "a gateway is namespace/name, such as istio-system/public",
        max_length=253,
    ),
]

HttpUrl = Annotated[
    str, matching(r"^https?://[^/\s]+\S*$", "write a URL such as http://prometheus.monitoring:9090", max_length=255)
]

CheckName = Annotated[
    str,
    matching(
        r"^[a-z]([-a-z0-9]*[a-z0-9])?$",
        "write lower-case letters, digits and hyphens, beginning with a letter, such as queue-wait",
        max_length=40,
    ),
]


MetricName = Annotated[
    str,
    matching(
        r"^[a-zA-Z_:][a-zA-Z0-9_:]*$",
        "a metric's name has only letters, digits, underscores and colons, such as bert_queue_jobs",
        max_length=128,
    ),
]

CookieWord = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9._-]+$",
        "a cookie's name or value has only letters, digits, dots, underscores and hyphens here",
        max_length=128,
    ),
]

HeaderText = Annotated[
    str, matching(r"^[ -~]+$", "a header's value has only printable ASCII characters here", max_length=256)
]

NamespaceName = Annotated[
    str,
    matching(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "the name of a namespace has only lower-case letters, digits and hyphens",
        max_length=63,
    ),
]

Principal = Annotated[
    str,
    matching(
        r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?/ns/[a-z0-9]([-a-z0-9]*[a-z0-9])?/sa/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$",
        "a principal is trust-domain/ns/namespace/sa/service-account, such as cluster.local/ns/web/sa/frontend",
        max_length=512,
    ),
]

# Proxies read an asterisk at either end as "anything".
TokenWord = Annotated[
    str,
    matching(r"^[^\s*]+$", "write it as the tokens have it, without spaces and asterisks", max_length=255),
]

JsonWebKeySet = Annotated[
    str,
    matching(
        r'^\s*\{\s*"keys"\s*:\s*\[\s*\{[\s\S]*\}\s*\]\s*\}\s*$',
        'write the key set as JSON, such as {"keys": [{"kty": "RSA", ...}]}',
        max_length=32_768,
    ),
]


def _whole_number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# `cpu: 2` is as good as `cpu: "2"`, as in every pod.
Quantity = Annotated[
    str,
    matching(
        r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$",
        "a quantity is a number with or without a unit, such as 500m, 2 or 1.5Gi",
        max_length=32,
        schema=INT_OR_STRING,
    ),
    BeforeValidator(_whole_number_as_text),
]
