"""What strategies refuse, with the words that a person gets to read."""

from tests.unit.operator.api.cases import INCOMPLETE, Refused

REFUSED_STRATEGY = (
    Refused(
        "a strategy that does not exist",
        {"strategy": {"kind": "bigBang"}},
        (
            'spec.strategy.kind: Unsupported value: "bigBang": '
            'supported values: "canary", "blueGreen", "mirror", "abTest"',
            INCOMPLETE,
        ),
    ),
    Refused(
        "steps that stand still",
        {"strategy": {"canary": {"steps": [{"weight": 10}, {"weight": 10}]}}},
        ("spec.strategy.canary.steps: Invalid value: weights must grow from step to step, such as 10, 25, 50",),
        across_fields=True,
    ),
    Refused(
        "steps that go back",
        {"strategy": {"canary": {"steps": [{"weight": 50}, {"weight": 10}]}}},
        ("spec.strategy.canary.steps: Invalid value: weights must grow from step to step, such as 10, 25, 50",),
        across_fields=True,
    ),
    Refused(
        "a step of 100 %",
        {"strategy": {"canary": {"steps": [{"weight": 100}]}}},
        (
            "spec.strategy.canary.steps[0].weight: Invalid value: 100: "
            "spec.strategy.canary.steps[0].weight in body should be less than or equal to 99",
        ),
    ),
    Refused(
        "a hold as long as the deadline",
        {"strategy": {"canary": {"steps": [{"weight": 10, "holdSeconds": 1800}]}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: every step's holdSeconds must be less than "
            "stepDeadlineSeconds, or the step can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "a preview as long as the deadline",
        {"strategy": {"kind": "blueGreen", "blueGreen": {"holdSeconds": 1800}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: blueGreen.holdSeconds must be less than "
            "stepDeadlineSeconds, or the preview can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "steps after copies that no step follows",
        {"strategy": {"kind": "mirror", "mirror": {"then": "ask"}, "canary": {}}},
        (
            "spec.strategy.canary: Forbidden: canary is for kind canary, or for kind mirror with then: canary: "
            "set that, or leave canary out",
        ),
        across_fields=True,
    ),
    Refused(
        "copies as long as the deadline",
        {"strategy": {"kind": "mirror", "mirror": {"holdSeconds": 1800}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: mirror.holdSeconds must be less than "
            "stepDeadlineSeconds, or the copies can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "steps that take longer than the whole may",
        {"strategy": {"maxDurationSeconds": 180}},
        (
            "spec.strategy.maxDurationSeconds: Invalid value: must be more than all steps' holdSeconds together, "
            "or no version can ever pass",
        ),
        across_fields=True,
    ),
    Refused(
        "an A/B test that nobody sees",
        {"strategy": {"kind": "abTest", "abTest": {"weight": 0}}},
        (
            "spec.strategy.abTest.weight: Invalid value: with weight 0 nobody sees the candidate: set a weight, "
            "or match requests",
        ),
        across_fields=True,
    ),
    Refused(
        "a match of everything",
        {"strategy": {"kind": "abTest", "abTest": {"match": [{}]}}},
        (
            "spec.strategy.abTest.match[0]: Required value: a match without headers and cookie would be everything: "
            "write one, or set weight instead",
        ),
        across_fields=True,
    ),
    Refused(
        "a header that is a cookie",
        {"strategy": {"kind": "abTest", "abTest": {"match": [{"headers": {"cookie": "a=b"}}]}}},
        (
            "spec.strategy.abTest.match[0].headers: Invalid value: write headers' names in lower case, such as "
            "x-tester; cookies have a field of their own",
        ),
        across_fields=True,
    ),
    Refused(
        "a test as long as the deadline",
        {"strategy": {"kind": "abTest", "abTest": {"minDurationSeconds": 1800}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: abTest.minDurationSeconds must be less than "
            "stepDeadlineSeconds, or the test can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "steps for a strategy without steps",
        {"strategy": {"kind": "blueGreen", "canary": {}}},
        (
            "spec.strategy.canary: Forbidden: canary is for kind canary, or for kind mirror with then: canary: "
            "set that, or leave canary out",
        ),
        across_fields=True,
    ),
    Refused(
        "a section of another kind",
        {"strategy": {"blueGreen": {}}},
        (
            "spec.strategy.blueGreen: Forbidden: blueGreen is for kind blueGreen: set kind to that, "
            "or leave blueGreen out",
        ),
        across_fields=True,
    ),
    Refused(
        "weights that are not the whole",
        {"traffic": [{"version": "v0.9.0", "weight": 70}, {"version": "v1.0.0", "weight": 20}]},
        ("spec.traffic: Invalid value: weights must be 100 together, such as 60 and 40",),
        across_fields=True,
    ),
)
