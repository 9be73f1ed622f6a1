"""Quantities are compared by value."""

from decimal import Decimal

import pytest

from bertrelease_operator.render.quantities import parse_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("2", "2"),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("500m", "0.5"),
        ("1500u", "0.0015"),
        ("7n", "0.000000007"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("2E", "2000000000000000000"),
        ("2Ei", "2305843009213693952"),
        ("1e3", "1000"),
        ("12E-1", "1.2"),
        ("0.1n", "0.000000001"),
    ],
)
def test_a_quantity_has_a_value(text: str, value: str) -> None:
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1KiB", "one", "1e", "0x10", "."])
def test_what_is_no_quantity_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity such as 500m or 1Gi"):
        parse_quantity(text)
