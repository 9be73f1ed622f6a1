from typing import Any

import pytest

from bert_server.bundle.fingerprint import fingerprint_of

ANSWERS: dict[str, Any] = {
    "files": {"model.bin": "a" * 64, "model.xml": "b" * 64},
    "tasks": ["fill-mask"],
    "precision": "int8",
    "max_tokens": 512,
    "mask_token": "[MASK]",
}


def test_the_order_in_which_files_are_listed_does_not_matter() -> None:
    reversed_files = dict(reversed(ANSWERS["files"].items()))
    assert fingerprint_of(**{**ANSWERS, "files": reversed_files}) == fingerprint_of(**ANSWERS)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("files", {"model.bin": "a" * 64, "model.xml": "c" * 64}),
        ("files", {"model.bin": "a" * 64}),
        ("files", {"model.bin": "b" * 64, "model.xml": "a" * 64}),
        ("tasks", []),
        ("precision", "fp32"),
        ("max_tokens", 128),
        ("mask_token", "<mask>"),
    ],
)
def test_everything_that_changes_an_answer_changes_the_fingerprint(field: str, other: object) -> None:
    assert fingerprint_of(**{**ANSWERS, field: other}) != fingerprint_of(**ANSWERS)


def test_the_fingerprint_of_given_bytes_never_changes_between_releases_of_the_server() -> None:
    expected = "sha256:63dccd76e8d55610ad2307fbec4790e41b7497b1d8d3423a01cbb2eba3eacb46"
    assert fingerprint_of(**ANSWERS) == expected
