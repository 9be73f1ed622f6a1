from pathlib import Path

import pytest

from bert_server.errors import PackagingError
from bert_server.packaging.prompts import read_prompts


def test_lines_with_a_mask_stay_and_expected_answers_are_dropped(tmp_path: Path) -> None:
    file = tmp_path / "texts.tsv"
    file.write_text("天[MASK]人\t地\n\n  上[MASK]  \n", encoding="utf-8")
    assert read_prompts(file, "[MASK]") == ["天[MASK]人", "上[MASK]"]


@pytest.mark.parametrize(("line", "parts"), [("天地人和", 4), ("one two three", 3)])
def test_a_line_without_a_mask_loses_one_word_or_character(tmp_path: Path, line: str, parts: int) -> None:
    file = tmp_path / "texts.txt"
    file.write_text(line, encoding="utf-8")
    prompts = read_prompts(file, "[MASK]")
    possible = _each_masked(line)
    assert len(possible) == parts
    assert len(prompts) == 1
    assert prompts[0] in possible
    assert read_prompts(file, "[MASK]") == prompts


def test_lines_stay_as_they_are_for_a_model_without_a_mask(tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("天地人和\tx\n春眠不觉晓\n", encoding="utf-8")
    assert read_prompts(file, None) == ["天地人和", "春眠不觉晓"]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe"])
def test_a_file_without_text_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "texts.txt"
    file.write_bytes(content)
    with pytest.raises(PackagingError, match=r"texts\.txt"):
        read_prompts(file, "[MASK]")


def _each_masked(line: str) -> list[str]:
    parts, joint = (line.split(" "), " ") if " " in line else (list(line), "")
    return [joint.join([*parts[:i], "[MASK]", *parts[i + 1 :]]) for i in range(len(parts))]
