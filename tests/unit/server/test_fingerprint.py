from typing import Any

import pytest

from bert_server.bundle.fingerprint import combined_fingerprint, fingerprint_of

ANSWERS: dict[str, Any] = {
    "files": {"model-int8.bin": "a" * 64, "model-int8.xml": "b" * 64},
    "tasks": ["fill-mask", "feature-extraction"],
    "deciding": {"family": "encoder", "max_tokens": 512, "mask_token": "[MASK]", "precisions": ["int8"]},
}
SOME, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def test_the_order_in_which_things_are_listed_does_not_matter() -> None:
    turned = {
        "files": dict(reversed(ANSWERS["files"].items())),
        "tasks": ANSWERS["tasks"][::-1],
        "deciding": dict(reversed(ANSWERS["deciding"].items())),
    }
    assert fingerprint_of(**turned) == fingerprint_of(**ANSWERS)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("files", {"model-int8.bin": "a" * 64, "model-int8.xml": "c" * 64}),
        ("files", {"model-int8.bin": "a" * 64}),
        ("files", {"model-int8.bin": "b" * 64, "model-int8.xml": "a" * 64}),
        ("tasks", []),
        ("deciding", {**ANSWERS["deciding"], "precisions": ["fp32"]}),
        ("deciding", {**ANSWERS["deciding"], "max_tokens": 128}),
        ("deciding", {**ANSWERS["deciding"], "mask_token": None}),
    ],
)
def test_everything_that_changes_an_answer_changes_the_fingerprint(field: str, other: object) -> None:
    assert fingerprint_of(**{**ANSWERS, field: other}) != fingerprint_of(**ANSWERS)


def test_the_fingerprint_of_given_bytes_never_changes_between_releases_of_the_server() -> None:
    expected = "sha256:d6655cf9a9c35444cfc95559da1b8674e9d2efc65151e0f2020014adf1302d2a"
    assert fingerprint_of(**ANSWERS) == expected


def test_a_process_with_one_bundle_has_that_bundle_s_fingerprint() -> None:
    assert combined_fingerprint([SOME]) == SOME


def test_several_bundles_have_one_fingerprint_whatever_their_order() -> None:
    assert combined_fingerprint([SOME, OTHER]) == combined_fingerprint([OTHER, SOME])
    assert combined_fingerprint([SOME, OTHER]) not in {SOME, OTHER, combined_fingerprint([SOME, SOME])}
