from __future__ import annotations

import threading
from pathlib import Path

from devcluster.locks import exclusive


def test_a_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        waits.set()
        with exclusive(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with exclusive(tmp_path / "lock"):
        thread.start()
        waits.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_directory_that_its_holder_removed_is_made_and_locked_anew(tmp_path: Path) -> None:
    directory = tmp_path / "lock"
    with exclusive(directory):
        directory.rmdir()
    with exclusive(directory):
        assert directory.is_dir()


def test_whoever_waited_for_a_removed_directory_holds_the_new_one(tmp_path: Path) -> None:
    directory = tmp_path / "lock"
    seen: list[bool] = []
    waits = threading.Event()

    def waiter() -> None:
        waits.set()
        with exclusive(directory):
            seen.append(directory.is_dir())

    thread = threading.Thread(target=waiter)
    with exclusive(directory):
        thread.start()
        waits.wait()
        directory.rmdir()
    thread.join()
    assert seen == [True]
