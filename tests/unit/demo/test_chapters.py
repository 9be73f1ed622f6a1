"""Which chapters are told, and in which order."""

import pytest

from demo.__main__ import main
from demo.chapters import CHAPTERS, chosen, versions_of
from demo.chapters.telling import expect
from demo.versions import FIRST, HOTPOT


def test_without_a_name_the_whole_story_is_told() -> None:
    assert chosen([]) == list(CHAPTERS)


def test_what_a_chapter_builds_on_comes_first_and_once() -> None:
    assert chosen(["rollback"]) == ["serve", "promote", "rollback"]
    assert chosen(["golden", "promote", "slow"]) == ["serve", "golden", "promote", "slow"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_in_the_whole_story_no_chapter_comes_before_what_it_builds_on(name: str) -> None:
    order = list(CHAPTERS)
    assert all(order.index(earlier) < order.index(name) for earlier in CHAPTERS[name].builds_on)


def test_only_the_images_that_are_needed_are_built() -> None:
    assert versions_of(chosen(["golden"])) == [FIRST, HOTPOT]


def test_help_lists_every_chapter_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo", "--chapter", "help"])
    assert main() == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert list(told) == list(CHAPTERS)
    assert all(sentence.endswith(".") for sentence in told.values())


def test_a_chapter_that_is_not_there_is_refused_with_the_names_of_those_that_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo", "--chapter", "nonsense"])
    with pytest.raises(SystemExit):
        main()
    assert "'blue-green'" in capsys.readouterr().err


def test_what_does_not_happen_ends_the_story_with_what_was_seen_and_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def set_up(*_: object) -> None:
        expect(True, "no request failed")
        expect(False, "7 requests failed")

    monkeypatch.setattr("demo.__main__._set_up", set_up)
    monkeypatch.setattr("sys.argv", ["demo", "--chapter", "golden"])
    assert main() == 1
    assert "The demo stopped: 7 requests failed" in capsys.readouterr().out
