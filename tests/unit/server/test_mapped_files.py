import mmap
import re
from pathlib import Path

import pytest

from bert_server.mapped_files import release_file_pages

SIZE = 4 * 1024 * 1024


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    data = bytes(range(256)) * (SIZE // 256)
    (tmp_path / "weights.bin").write_bytes(data)
    return data


def test_pages_of_mapped_files_are_given_back_and_come_back_when_they_are_read(tmp_path: Path, content: bytes) -> None:
    with (tmp_path / "weights.bin").open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert mapped[:] == content
        assert _resident_bytes(tmp_path) == SIZE
        release_file_pages([tmp_path])
        assert _resident_bytes(tmp_path) == 0
        assert mapped[:] == content


def test_files_elsewhere_keep_theirs(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").mkdir()
    with (tmp_path / "weights.bin").open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert mapped[:] == content
        release_file_pages([tmp_path / "other"])
        assert _resident_bytes(tmp_path) == SIZE


def test_what_was_written_through_a_mapping_is_never_dropped(tmp_path: Path, content: bytes) -> None:
    with (tmp_path / "weights.bin").open("rb") as file:
        private = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        with private as mapped:
            mapped[:4] = b"mine"
            release_file_pages([tmp_path])
            assert mapped[:8] == b"mine" + content[4:8]


def _resident_bytes(directory: Path) -> int:
    smaps = Path("/proc/self/smaps").read_text()
    found = re.search(
        rf"{re.escape(str(directory))}/weights\.bin\n.*?^Rss:\s+(\d+) kB", smaps, re.DOTALL | re.MULTILINE
    )
    assert found is not None
    return int(found[1]) * 1024
