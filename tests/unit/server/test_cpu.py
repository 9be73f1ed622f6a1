import os
from pathlib import Path

import pytest

from bert_server import cpu


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))


def _machine(tmp_path: Path, cgroup: str, files: dict[str, str]) -> tuple[Path, Path]:
    proc, mount = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    (proc / "cgroup").write_text(cgroup)
    for name, content in files.items():
        (mount / name).parent.mkdir(parents=True, exist_ok=True)
        (mount / name).write_text(content)
    return proc, mount


@pytest.mark.parametrize(
    ("cgroup", "files", "expected"),
    [
        pytest.param("0::/\n", {"cpu.max": "max 100000\n"}, 8, id="version 2 without a limit"),
        pytest.param("0::/\n", {"cpu.max": "200000 100000\n"}, 2, id="version 2"),
        pytest.param("0::/\n", {"cpu.max": "250000 100000\n"}, 2, id="a fraction is rounded down"),
        pytest.param("0::/\n", {"cpu.max": "50000 100000\n"}, 1, id="never below one"),
        pytest.param(
            "0::/a/b\n", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "max 100000\n"}, 3, id="the parent's"
        ),
        pytest.param("0::/gone/b\n", {"cpu.max": "400000 100000\n"}, 4, id="a path that only the host sees"),
        pytest.param(
            "4:cpu,cpuacct:/pod\n0::/\n",
            {"cpu,cpuacct/pod/cpu.cfs_quota_us": "300000\n", "cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n"},
            3,
            id="version 1",
        ),
        pytest.param(
            "4:cpu,cpuacct:/\n",
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            8,
            id="version 1 without a limit",
        ),
        pytest.param("4:memory:/\n", {}, 8, id="no CPU controller"),
    ],
)
def test_the_quota_limits_the_threads(tmp_path: Path, cgroup: str, files: dict[str, str], expected: int) -> None:
    assert cpu.usable_cpus(*_machine(tmp_path, cgroup, files)) == expected


def test_without_control_groups_the_affinity_counts(tmp_path: Path) -> None:
    assert cpu.usable_cpus(tmp_path / "nowhere", tmp_path / "nowhere") == 8
