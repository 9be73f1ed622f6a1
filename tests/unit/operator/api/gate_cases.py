"""Gates that are accepted and refused, with the words that a person gets to read."""

from typing import Any

from tests.unit.operator.api.cases import INCOMPLETE, Accepted, Refused


def _gate(**fields: Any) -> dict[str, Any]:
    return {"gates": [{"name": "one", **fields}]}


def _window(**fields: Any) -> dict[str, Any]:
    return _gate(kind="window", window=fields)


def _golden_set(network: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {**_gate(kind="goldenSet", goldenSet=fields), **({"network": network} if network is not None else {})}


def _load_test(network: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {**_gate(kind="loadTest", loadTest=fields), **({"network": network} if network is not None else {})}


_JWT = {"issuer": "https://login.example.org", "jwksUri": "https://login.example.org/keys"}
_FREEZE = {"start": "2026-12-20T00:00:00Z", "end": "2027-01-03T08:00:00+08:00", "reason": "年底"}

_TEMPLATE = {"image": "registry.example.org/checks:v1.2.0"}

ACCEPTED_GATES = (
    Accepted(
        "a person's yes at every point",
        _gate(kind="approval", approval={}, before=["traffic", "eachStep", "promotion"], deadlineSeconds=3600),
    ),
    Accepted(
        "golden cases of both sources with every limit",
        _golden_set(
            configMap={"name": "chinese", "key": "cases.jsonl"},
            bundle=True,
            minAccuracyPercent=95.5,
            maxAccuracyLossPercent=1,
            minBleu=25,
            maxTer=70,
            maxBleuLoss=100,
            concurrency=8,
            requestTimeoutSeconds=30,
        ),
    ),
    Accepted(
        "golden cases of the bundle, asked through a mesh that lets in only whom it knows",
        _golden_set({"mtls": "STRICT", "callers": [{"namespace": "web"}], "jwt": _JWT}, bundle=True),
    ),
    Accepted("a load test with all defaults", _load_test()),
    Accepted(
        "a load test with everything, at a rate that is let in",
        _load_test(
            {"rateLimit": {"requestsPerSecond": 50}, "mtls": "STRICT"},
            ratePerSecond=50,
            durationSeconds=899,
            workload="feature-extraction",
            lengths={"shortest": 16, "longest": 16},
            p95LatencyMs=250.5,
            errorRate=0,
        ),
    ),
    Accepted("a window with all defaults", _window()),
    Accepted(
        "a window with everything",
        _window(
            timeZone="Asia/Shanghai",
            days=["Monday", "Friday"],
            hours=[{"start": "22:00", "end": "04:00"}],
            freezes=[_FREEZE],
        ),
    ),
    Accepted("a job with an image alone", _gate(kind="job", job={"template": _TEMPLATE})),
    Accepted(
        "a job with everything",
        _gate(
            kind="job",
            job={
                "template": {
                    "image": "localhost:5000/checks@sha256:" + "0" * 64,
                    "pullPolicy": "Never",
                    "pullSecrets": ["registry"],
                    "command": ["python", "-m", "checks"],
                    "args": ["--cases", "成语"],
                    "env": {"LANG": "zh_CN.UTF-8"},
                    "secrets": ["api-key"],
                    "resources": {"limits": {"memory": "1Gi"}},
                    "serviceAccountName": "checks",
                    "runAsUser": 1000,
                    "labels": {"sidecar.istio.io/inject": "false"},
                    "nodeSelector": {"pool": "tests"},
                },
                "backoffLimit": 2,
            },
        ),
    ),
    Accepted("a webhook with a URL alone", _gate(kind="webhook", webhook={"url": "http://judge.quality:8080/bert"})),
    Accepted(
        "a webhook with everything",
        _gate(
            kind="webhook",
            webhook={
                "url": "https://judge.example.org/bert",
                "timeoutSeconds": 30,
                "secret": {"name": "judge", "key": "hmac"},
                "caBundle": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            },
        ),
    ),
)

_ONE = "spec.gates[0]"
_NEVER = "must be less than the gate's deadlineSeconds, or it can never pass"
_TOO_LONG = f"{_ONE}.loadTest.durationSeconds: Invalid value: {_NEVER}"
_NO_TOKEN = (
    "spec.gates: Forbidden: loadTest brings no token of network.jwt: leave that out here, or put load on it by a gate "
    "of kind job"
)
_TOO_MUCH = (
    "spec.gates: Invalid value: loadTest comes from one client address, which network.rateLimit would refuse: lower "
    "ratePerSecond, or leave rateLimit out here"
)

REFUSED_GATES = (
    Refused(
        "a load test that takes longer than its gate has by default",
        _load_test(durationSeconds=900),
        (_TOO_LONG,),
        across_fields=True,
    ),
    Refused(
        "a load test that takes longer than its gate has",
        {"gates": [{"name": "one", "kind": "loadTest", "loadTest": {"durationSeconds": 60}, "deadlineSeconds": 60}]},
        (_TOO_LONG,),
        across_fields=True,
    ),
    Refused(
        "a load test with no length between its lengths",
        _load_test(lengths={"shortest": 65}),
        (f"{_ONE}.loadTest.lengths.longest: Invalid value: must not be less than shortest",),
        across_fields=True,
    ),
    Refused("a load test without the token", _load_test({"jwt": _JWT}), (_NO_TOKEN,), across_fields=True),
    Refused(
        "a load test at a rate that the mesh refuses",
        _load_test({"rateLimit": {"requestsPerSecond": 10}}, ratePerSecond=10.5),
        (_TOO_MUCH,),
        across_fields=True,
    ),
    Refused(
        "a golden set without cases",
        _golden_set(),
        (f"{_ONE}.goldenSet.configMap: Required value: there are no cases: write configMap, bundle: true, or both",),
        across_fields=True,
    ),
    Refused(
        "a golden set with a key that no ConfigMap has",
        _golden_set(configMap={"name": "chinese", "key": "成语"}),
        (
            f'{_ONE}.goldenSet.configMap.key: Invalid value: "成语": '
            "a key has only letters, digits, hyphens, underscores and dots, such as cases.yaml",
        ),
    ),
    Refused(
        "a gate of no kind",
        _gate(),
        (f"{_ONE}.kind: Required value", INCOMPLETE),
    ),
    Refused(
        "a gate without its section",
        _gate(kind="approval"),
        (f"{_ONE}.approval: Required value: kind approval needs approval, its section",),
        across_fields=True,
    ),
    Refused(
        "a gate with another one's section",
        _gate(kind="approval", approval={}, window={}),
        (f"{_ONE}.window: Forbidden: window is for kind window: set kind to that, or leave window out",),
        across_fields=True,
    ),
    Refused(
        "a job's image that moves",
        _gate(kind="job", job={"template": {"image": "localhost/checks:latest"}}),
        (
            f'{_ONE}.job.template.image: Invalid value: "localhost/checks:latest": write an image with a tag or digest '
            "that never moves, such as registry.example.org/checks:v1.2.0",
        ),
    ),
    Refused(
        "a job's variable that tells of the version",
        _gate(kind="job", job={"template": {**_TEMPLATE, "env": {"BERTRELEASE_URL": "http://elsewhere"}}}),
        (
            f"{_ONE}.job.template.env: Invalid value: a variable's name has only letters, digits and underscores, and "
            "does not begin with BERTRELEASE_: such variables tell of the version",
        ),
        across_fields=True,
    ),
    Refused(
        "a job that runs as root",
        _gate(kind="job", job={"template": {**_TEMPLATE, "runAsUser": 0}}),
        (
            f"{_ONE}.job.template.runAsUser: Invalid value: 0: {_ONE}.job.template.runAsUser in body should be greater "
            "than or equal to 1",
        ),
    ),
    Refused(
        "trust in a server without TLS",
        _gate(
            kind="webhook",
            webhook={
                "url": "http://judge",
                "caBundle": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            },
        ),
        (f"{_ONE}.webhook.caBundle: Forbidden: caBundle is for https: write such a url, or leave caBundle out",),
        across_fields=True,
    ),
    Refused(
        "a gate before nothing",
        _gate(kind="approval", approval={}, before=[]),
        (f"{_ONE}.before: Invalid value: 0: {_ONE}.before in body should have at least 1 items",),
    ),
    Refused(
        "two gates of one name",
        {"gates": [{"name": "one", "kind": "window", "window": {}}] * 2},
        ('spec.gates[1]: Duplicate value: {"name":"one"}',),
        across_fields=True,
    ),
    Refused(
        "hours that no clock shows",
        _window(hours=[{"start": "24:00", "end": "25:00"}]),
        (
            f'{_ONE}.window.hours[0].end: Invalid value: "25:00": write a time of day such as 09:30',
            f'{_ONE}.window.hours[0].start: Invalid value: "24:00": write a time of day such as 09:30',
        ),
    ),
    Refused(
        "a time zone that is an offset",
        _window(timeZone="+08:00"),
        (
            f'{_ONE}.window.timeZone: Invalid value: "+08:00": write a time zone by its IANA name, such as '
            "Asia/Shanghai",
        ),
    ),
    Refused(
        "a time zone of another planet",
        _window(timeZone="Mars/Olympus"),
        (
            f'{_ONE}.window: Invalid value: "object": unknown time zone Mars/Olympus evaluating rule: write a time '
            "zone by its IANA name, such as Asia/Shanghai",
        ),
        across_fields=True,
    ),
    Refused(
        "a freeze that ends before it starts",
        _window(freezes=[{"start": "2026-12-20T00:00:00Z", "end": "2026-12-20T07:00:00+08:00"}]),
        (f"{_ONE}.window.freezes[0].end: Invalid value: must be after start, or it freezes nothing",),
        across_fields=True,
    ),
    Refused(
        "a freeze without an offset from UTC",
        _window(freezes=[{"start": "2026-12-20T00:00:00Z", "end": "2026-12-21T00:00:00"}]),
        (
            f'{_ONE}.window.freezes[0].end: Invalid value: "2026-12-21T00:00:00": write a moment with its offset from '
            "UTC, such as 2026-12-24T18:00:00+08:00",
            f"{_ONE}.window.freezes[0]: Invalid value: \"object\": type conversion error from 'string' to "
            "'google.protobuf.Timestamp' evaluating rule: must be after start, or it freezes nothing",
        ),
    ),
)
