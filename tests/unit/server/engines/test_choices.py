from pathlib import Path

import pytest

from bert_server.bundle.manifest import Precision
from bert_server.engines.choices import Choice, Memory, choose, cpu_kind
from bert_server.engines.probe import Finding, Way

INT8, INT8_HALF, BF16 = Way(Precision.INT8, 4), Way(Precision.INT8, 2), Way(Precision.BF16, 4)
WAYS = (INT8, BF16, INT8_HALF)
CHOICE = Choice(INT8, "because")


def test_the_fastest_is_chosen_with_its_figures() -> None:
    choice = choose(WAYS, [Finding(BF16, 1.0), Finding(INT8, 3.0), Finding(INT8_HALF, 2.0)])
    assert choice is not None
    assert choice.way == BF16
    assert "int8 with 4 threads 3.00 ms, bf16 with 4 threads 1.00 ms, int8 with 2 threads 2.00 ms" in choice.why


def test_the_preferred_way_wins_against_what_is_hardly_faster() -> None:
    choice = choose(WAYS, [Finding(INT8, 1.0), Finding(BF16, 0.95)])
    assert choice is not None
    assert choice.way == INT8


def test_what_was_not_measured_is_not_chosen() -> None:
    choice = choose(WAYS, [Finding(BF16, 5.0)])
    assert choice is not None
    assert choice.way == BF16
    assert choose(WAYS, []) is None


def test_a_choice_is_remembered_for_the_same_facts_alone(tmp_path: Path) -> None:
    Memory(tmp_path / "cache", "fingerprint", 2).keep(CHOICE)
    assert Memory(tmp_path / "cache", "fingerprint", 2).recall() == CHOICE
    assert Memory(tmp_path / "cache", "fingerprint", 3).recall() is None
    assert Memory(None, "fingerprint", 2).recall() is None


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    Memory(tmp_path, "facts").keep(CHOICE)
    (file,) = tmp_path.iterdir()
    file.write_text('{"way": {}}')
    assert Memory(tmp_path, "facts").recall() is None


def test_a_directory_that_cannot_be_written_to_is_told_and_hurts_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    Memory(tmp_path / "file", "facts").keep(CHOICE)
    assert "cannot remember the choice of engine" in caplog.text


def test_the_kind_of_cpu_is_its_name_and_its_instructions_but_not_its_speed_of_the_moment(tmp_path: Path) -> None:
    def kind(name: str, mhz: str, flags: str) -> str:
        file = tmp_path / "cpuinfo"
        file.write_text(f"processor\t: 0\nmodel name\t: {name}\ncpu MHz\t\t: {mhz}\nflags\t\t: {flags}\n\n" * 2)
        return cpu_kind(file)

    usual = kind("Some CPU", "2300.0", "sse avx512_vnni")
    assert kind("Some CPU", "3100.0", "sse avx512_vnni") == usual
    assert kind("Some CPU", "2300.0", "sse") != usual
    assert kind("Another CPU", "2300.0", "sse avx512_vnni") != usual


def test_an_unknown_kind_of_cpu_is_a_kind_too(tmp_path: Path) -> None:
    assert cpu_kind(tmp_path / "none") == "unknown"
