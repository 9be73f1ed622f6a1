"""YAML that strangers wrote costs no more than its size, and never more than a refusal."""

import time

import pytest
import yaml

from bertrelease_operator.core.plain_yaml import MOST_LEVELS, MOST_VALUES, PlainYamlError, parse_plain

EVERYDAY = """
# a comment
- text: 床前明月光，疑是地[MASK]霜。
  expected: [上, "下", '左']
  topK: 3
  min: 0.25
- >-
  folded
  lines
- |
  kept
  lines
- {flow: [1, 0x1f, 1e3, true, ~, 2026-01-01], emoji: 😀, "a:b": c}
- &anchor named but not repeated
- !!str 5
"""


def test_everyday_yaml_is_read_as_everywhere_else() -> None:
    assert parse_plain(EVERYDAY) == yaml.safe_load(EVERYDAY)
    assert parse_plain(EVERYDAY.encode()) == yaml.safe_load(EVERYDAY)
    assert parse_plain("") is None


@pytest.mark.parametrize("merged", ["*a", "{<<: *a}", "{<<: [*a, *a]}"])
def test_what_would_be_larger_than_it_looks_is_refused(merged: str) -> None:
    with pytest.raises(PlainYamlError, match="has an alias; write out what it stands for"):
        parse_plain(f"- &a {{b: c}}\n- {merged}")


@pytest.mark.parametrize("opening", ["[", "- ", "? ", "{a: "])
def test_what_is_nested_without_end_is_refused_at_once(opening: str) -> None:
    started = time.process_time()
    with pytest.raises(PlainYamlError, match=f"nested more than {MOST_LEVELS} levels deep"):
        parse_plain(opening * 100_000)
    assert time.process_time() - started < 1


def test_what_goes_on_without_end_is_refused_as_soon() -> None:
    started = time.process_time()
    with pytest.raises(PlainYamlError, match=f"has more than {MOST_VALUES} values"):
        parse_plain("- a: x\n" * 200_000)
    assert time.process_time() - started < 1


MISFITS = ["!!int x", "!!int ''", "!!bool x", "!!timestamp x", "2026-13-45", "9" * 5000, "!!python/none x"]


@pytest.mark.parametrize("text", ["a: [", "\x00", "\ud800", "a: b\n--- \nc: d", "? [a]\n: b", *MISFITS])
def test_whatever_it_cannot_be_it_is_no_yaml(text: str) -> None:
    with pytest.raises(PlainYamlError, match="is no YAML"):
        parse_plain(text)
